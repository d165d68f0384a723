/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kv_load.c - drives kv_server: N connections, one request under way on each.
 *
 * Plain epoll, not our runtime: the load must not share bugs with what it
 * drives. Loopback or a Unix socket only. Ends after --duration seconds or
 * --requests requests, reads every reply it is owed, and prints one JSON line:
 * requests, errors, seconds, requests per second, and the random seed.
 */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS_MAX = 1000, LINE_MAX_BYTES = 256, KEYS = 64 };

struct connection {
	int fd;
	size_t used; /* bytes of an unfinished reply line */
	bool waiting;
	char line[LINE_MAX_BYTES];
};

struct load {
	int port;
	const char *unix_path;
	int connections;
	double duration;   /* seconds */
	uint64_t requests; /* 0: until the duration is over */
	uint64_t sent;
	uint64_t answered;
	uint64_t owed; /* replies */
	uint64_t errors;
	uint64_t random;
	int epoll;
	struct connection all[CONNECTIONS_MAX];
};

static double seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* xorshift64 (Marsaglia, 2003). */
static uint32_t random_below(struct load *load, uint32_t limit)
{
	load->random ^= load->random << 13;
	load->random ^= load->random >> 7;
	load->random ^= load->random << 17;
	return (uint32_t)((load->random >> 33) % limit);
}

/* The mix: in 16 requests each command of the server at least once. */
static int request_format(struct load *load, char *out, size_t size)
{
	uint32_t key = random_below(load, KEYS), other = random_below(load, KEYS);

	switch (random_below(load, 16)) {
	case 0:
	case 1:
	case 2:
	case 3:
		return snprintf(out, size, "SET key%u value%u\n", key, other);
	case 4:
		return snprintf(out, size, "DEL key%u\n", key);
	case 5:
	case 6:
		return snprintf(out, size, "MOVE %u\n", 1 + other % 5);
	case 7:
		return snprintf(out, size, "SETTLE\n");
	case 8:
		return snprintf(out, size, "TOTAL\n");
	case 9:
		return snprintf(out, size, "EXPORT key%u\n", key);
	case 10:
	case 11:
		return snprintf(out, size, "HIT\n");
	default:
		return snprintf(out, size, "GET key%u\n", key);
	}
}

static int connection_socket(const struct load *load)
{
	int fd;

	if (load->unix_path) {
		struct sockaddr_un name = {.sun_family = AF_UNIX};

		if (strlen(load->unix_path) >= sizeof(name.sun_path))
			return -ENAMETOOLONG;
		strcpy(name.sun_path, load->unix_path);
		fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0 || connect(fd, (struct sockaddr *)&name, sizeof(name)) < 0)
			return -errno;
	} else {
		struct sockaddr_in name = {.sin_family = AF_INET,
		                           .sin_port = htons((uint16_t)load->port),
		                           .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		int one = 1;

		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0 || connect(fd, (struct sockaddr *)&name, sizeof(name)) < 0)
			return -errno;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	}
	return fd;
}

static int connection_open(struct load *load, struct connection *connection)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = connection};
	int fd = connection_socket(load);

	if (fd < 0)
		return fd;
	connection->fd = fd;
	if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		return -errno;
	return 0;
}

static void connection_fail(struct load *load, struct connection *connection)
{
	load->errors++;
	load->owed -= connection->waiting;
	close(connection->fd);
	connection->fd = -1;
	connection->waiting = false;
}

static void connection_send(struct load *load, struct connection *connection)
{
	char line[LINE_MAX_BYTES];
	int length = request_format(load, line, sizeof(line));

	/* A request is far smaller than a socket buffer that is empty: it goes out whole. */
	if (send(connection->fd, line, (size_t)length, MSG_NOSIGNAL) != length) {
		connection_fail(load, connection);
		return;
	}
	connection->waiting = true;
	load->sent++;
	load->owed++;
}

/* Takes what came; returns true when the reply owed is complete. */
static bool connection_receive(struct load *load, struct connection *connection)
{
	ssize_t got = recv(connection->fd, connection->line + connection->used,
	                   sizeof(connection->line) - connection->used, 0);

	if (got <= 0) {
		connection_fail(load, connection);
		return false;
	}
	connection->used += (size_t)got;
	if (connection->line[connection->used - 1] != '\n') {
		if (connection->used == sizeof(connection->line))
			connection_fail(load, connection);
		return false;
	}
	if (!connection->waiting || strncmp(connection->line, "ERROR", 5) == 0)
		load->errors++;
	load->owed -= connection->waiting;
	connection->used = 0;
	connection->waiting = false;
	load->answered++;
	return true;
}

static bool load_more(const struct load *load, double end)
{
	return seconds_now() < end && (!load->requests || load->sent < load->requests);
}

static void load_run(struct load *load, double end)
{
	struct epoll_event events[64];

	for (int i = 0; i < load->connections && load_more(load, end); i++)
		connection_send(load, &load->all[i]);
	/* A reply that is more than two seconds late is an error. */
	while (load->owed) {
		int count = epoll_wait(load->epoll, events, 64, 2000);

		if (count <= 0) {
			load->errors += load->owed;
			return;
		}
		for (int i = 0; i < count; i++) {
			struct connection *connection = events[i].data.ptr;

			if (connection_receive(load, connection) && load_more(load, end))
				connection_send(load, connection);
		}
	}
}

static int load_options(struct load *load, int argc, char **argv)
{
	static const struct option options[] = {
		{"port", required_argument, NULL, 'p'},
		{"unix", required_argument, NULL, 'u'},
		{"connections", required_argument, NULL, 'c'},
		{"duration", required_argument, NULL, 'd'},
		{"requests", required_argument, NULL, 'n'},
		{"seed", required_argument, NULL, 's'},
		{0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		switch (option) {
		case 'p':
			load->port = atoi(optarg);
			break;
		case 'u':
			load->unix_path = optarg;
			break;
		case 'c':
			load->connections = atoi(optarg);
			break;
		case 'd':
			load->duration = atof(optarg);
			break;
		case 'n':
			load->requests = strtoull(optarg, NULL, 10);
			break;
		case 's':
			load->random = strtoull(optarg, NULL, 10);
			break;
		default:
			return -EINVAL;
		}
	}
	if ((!load->port && !load->unix_path) || load->connections < 1 ||
	    load->connections > CONNECTIONS_MAX || !load->random)
		return -EINVAL;
	return 0;
}

int main(int argc, char **argv)
{
	static struct load load = {.connections = 16, .duration = 5, .random = 88172645463325252};
	uint64_t seed;
	double start, seconds;

	if (load_options(&load, argc, argv) < 0) {
		fprintf(stderr, "usage: kv_load (--port N | --unix PATH) [--connections N] "
		                "[--duration SECONDS] [--requests N] [--seed N]\n");
		return 2;
	}
	seed = load.random;
	load.epoll = epoll_create1(EPOLL_CLOEXEC);
	for (int i = 0; i < load.connections; i++) {
		int error = connection_open(&load, &load.all[i]);

		if (error < 0) {
			fprintf(stderr, "kv_load: connect: %s\n", strerror(-error));
			return 3;
		}
	}
	start = seconds_now();
	load_run(&load, start + load.duration);
	seconds = seconds_now() - start;
	printf("{\"requests\":%" PRIu64 ",\"errors\":%" PRIu64
	       ",\"seconds\":%.3f,\"requests_per_second\":%.0f,\"seed\":%" PRIu64 "}\n",
	       load.answered, load.errors, seconds, (double)load.answered / seconds, seed);
	return load.errors ? 1 : 0;
}
