/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python_load.c - load for the Python services of the benchmark, cheap enough to share the machine.
 *
 *	python_load PORT CONNECTIONS FILE echo|http
 *
 * Each connection sends a request, waits for the whole answer and sends the
 * next one. FILE holds the number of answers so far, as 8 bytes that whoever
 * measures maps. Ends with 1 when an answer is wrong or a connection breaks.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ANSWER_MAX = 4096, BATCH = 64 };

struct connection {
	int fd;
	size_t got; /* bytes of the answer so far */
	char answer[ANSWER_MAX + 1];
};

static const struct load {
	const char *name, *request, *begin;
} loads[] = {
	{"echo", "what is said comes back\n", "what is said comes back\n"},
	{"http", "GET /order HTTP/1.1\r\nHost: bench\r\n\r\n", "HTTP/1.1 200 "},
};

static int fail(const char *what)
{
	perror(what);
	return 1;
}

/* The length of the whole answer, 0: not known yet. */
static size_t answer_length(const struct load *load, const char *answer)
{
	const char *body = strstr(answer, "\r\n\r\n"), *length;

	if (load == &loads[0])
		return strlen(load->begin);
	length = body ? strcasestr(answer, "\r\nContent-Length:") : NULL;
	return length ? body + 4 - answer + strtoul(length + 17, NULL, 10) : 0;
}

static int ask(const struct load *load, struct connection *c)
{
	size_t n = strlen(load->request);

	c->got = 0;
	return send(c->fd, load->request, n, MSG_NOSIGNAL) == (ssize_t)n ? 0 : fail("send");
}

/* Takes what has come. Counts the answer, when that was all of it, and asks again. */
static int answered(const struct load *load, struct connection *c, uint64_t *count)
{
	ssize_t n = recv(c->fd, c->answer + c->got, ANSWER_MAX - c->got, 0);
	size_t whole;

	if (n <= 0)
		return fail("recv");
	c->got += n;
	c->answer[c->got] = 0;
	whole = answer_length(load, c->answer);
	if (!whole || c->got < whole)
		return c->got < ANSWER_MAX ? 0 : fail("an answer that is too long");
	if (c->got > whole || strncmp(c->answer, load->begin, strlen(load->begin))) {
		fprintf(stderr, "wrong answer: %.60s\n", c->answer);
		return 1;
	}
	__atomic_add_fetch(count, 1, __ATOMIC_RELAXED);
	return ask(load, c);
}

static int connect_all(struct connection *all, int count, uint16_t port, int epoll)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	                         .sin_port = htons(port),
	                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

	for (int i = 0; i < count; i++) {
		struct epoll_event event = {.events = EPOLLIN, .data.ptr = &all[i]};
		int on = 1;

		all[i].fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (all[i].fd < 0 || connect(all[i].fd, (struct sockaddr *)&to, sizeof(to)))
			return fail("connect");
		setsockopt(all[i].fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, all[i].fd, &event))
			return fail("epoll_ctl");
	}
	return 0;
}

static uint64_t *counter_open(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *map;

	if (fd < 0 || ftruncate(fd, sizeof(uint64_t)))
		return NULL;
	map = mmap(NULL, sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	return map == MAP_FAILED ? NULL : map;
}

/* Asks over all connections and counts the answers; comes back only when something failed. */
static int drive(const struct load *load, struct connection *all, int connections, int port,
                 uint64_t *count)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll < 0)
		return fail("epoll_create1");
	if (connect_all(all, connections, port, epoll))
		return 1;
	for (int i = 0; i < connections; i++)
		if (ask(load, &all[i]))
			return 1;
	for (;;) {
		struct epoll_event events[BATCH];
		int n = epoll_wait(epoll, events, BATCH, -1);

		for (int i = 0; i < n; i++)
			if (answered(load, events[i].data.ptr, count))
				return 1;
	}
}

int main(int argc, char **argv)
{
	const struct load *load = argc == 5 && !strcmp(argv[4], "http") ? &loads[1] : &loads[0];
	int connections = argc == 5 ? atoi(argv[2]) : 0, status;
	struct connection *all;
	uint64_t *count;

	if (connections <= 0) {
		fprintf(stderr, "python_load PORT CONNECTIONS FILE echo|http\n");
		return 2;
	}
	count = counter_open(argv[3]);
	if (!count)
		return fail(argv[3]);
	all = calloc(connections, sizeof(*all));
	if (!all)
		return fail("calloc");
	status = drive(load, all, connections, atoi(argv[1]), count);
	free(all);
	return status;
}
