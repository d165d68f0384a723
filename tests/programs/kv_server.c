/* expect: lock stats dormant; lock ledger needed; lock vault bypassed; lock export serialises-only; finding inconsistent-guard vault; finding lost-update hits */
/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * kv_server.c - a key-value server with one lock of each kind and a lost update.
 *
 * A line in, a line out, over TCP on loopback or a Unix socket:
 *	SET key value | GET key | DEL key	the store: touched in one step, needs no lock
 *	MOVE n		cash to savings, with a suspension between: `ledger` is needed
 *	SETTLE, TOTAL	SETTLE leaves the vault half done over a suspension, under `vault`;
 *			TOTAL reads it without: the lock is bypassed
 *	EXPORT key	under `export`, over a suspension, touches only what is the connection's
 *			own: the lock only serialises
 *	HIT		reads, suspends, writes, without a lock: updates are lost
 * Every request is counted under `stats`, whose sections never suspend: dormant, as of C nothing
 * is proven.
 * Compiled with -DREPAIRED (kv_server_repaired.c) these faults are gone.
 *
 * It runs for --duration seconds or until SIGTERM, then prints its truth (truth.h).
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <awaitness/io.h>

#include "truth.h"

enum { SLOTS = 1024, KEY_BYTES = 32, VALUE_BYTES = 96, LINE_BYTES = 192 };

TRUTH_AWAITS;

struct slot {
	char key[KEY_BYTES];
	char value[VALUE_BYTES];
};

struct connection {
	struct aw_stream *stream;
	uint64_t exports;
	char line[LINE_BYTES];
	char reply[LINE_BYTES];
};

/* Settings. */
static int port;
static const char *unix_path;
static double duration = 5;

/* What the tasks share. */
static struct slot store[SLOTS];
static uint64_t requests;
static int64_t cash = 1000000;
static int64_t savings;
static uint64_t vault;
static uint64_t hits;

#ifndef REPAIRED
static struct counted_lock stats_lock, export_lock;
#endif
static struct counted_lock ledger_lock, vault_lock;

/* The program's own truth. */
static uint64_t tasks;
#ifndef REPAIRED
static uint64_t hits_version;
static uint64_t hits_lost;
#endif

/* FNV-1a. */
static struct slot *slot_of(const char *key)
{
	uint32_t hash = 2166136261u;

	while (*key)
		hash = (hash ^ (uint8_t)*key++) * 16777619u;
	return &store[hash % SLOTS];
}

/* A key that meets another one in its slot takes it: a cache. */
static int store_set(struct connection *connection, char *arguments)
{
	char *value = strchr(arguments, ' ');
	struct slot fresh = {0};

	if (!value || value - arguments >= KEY_BYTES || strlen(value + 1) >= VALUE_BYTES)
		return -EINVAL;
	*value++ = '\0';
	strcpy(fresh.key, arguments);
	strcpy(fresh.value, value);
	AW_WRITE(*slot_of(arguments)) = fresh;
	strcpy(connection->reply, "OK\n");
	return 0;
}

static int store_get(struct connection *connection, char *arguments)
{
	const struct slot found = AW_READ(*slot_of(arguments));

	if (strcmp(found.key, arguments) == 0)
		snprintf(connection->reply, LINE_BYTES, "VALUE %s\n", found.value);
	else
		strcpy(connection->reply, "NONE\n");
	return 0;
}

static int store_delete(struct connection *connection, char *arguments)
{
	const struct slot found = AW_READ(*slot_of(arguments));

	if (strcmp(found.key, arguments) != 0) {
		strcpy(connection->reply, "NONE\n");
		return 0;
	}
	AW_WRITE(*slot_of(arguments)) = (struct slot){0};
	strcpy(connection->reply, "OK\n");
	return 0;
}

static int ledger_move(struct connection *connection, char *arguments)
{
	int64_t amount = atoi(arguments), from, to;
	int error;

	if (COUNTED_TAKE(&ledger_lock) < 0)
		return -ECANCELED;
	from = AW_READ(cash);
	to = AW_READ(savings);
	error = COUNTED_YIELD(&ledger_lock); /* the journal is written here */
	if (!error) {
		AW_WRITE(cash) = from - amount;
		AW_WRITE(savings) = to + amount;
	}
	COUNTED_FREE(&ledger_lock);
	strcpy(connection->reply, "OK\n");
	return error;
}

static int vault_settle(struct connection *connection, char *arguments)
{
	uint64_t before;
	int error;

	(void)arguments;
	if (COUNTED_TAKE(&vault_lock) < 0)
		return -ECANCELED;
	before = AW_READ(vault);
	AW_WRITE(vault) = before + 1; /* odd: half done */
	error = COUNTED_YIELD(&vault_lock);
	AW_WRITE(vault) = before + 2;
	COUNTED_FREE(&vault_lock);
	strcpy(connection->reply, "OK\n");
	return error;
}

static int vault_total(struct connection *connection, char *arguments)
{
	(void)arguments;
#ifdef REPAIRED
	if (COUNTED_TAKE(&vault_lock) < 0)
		return -ECANCELED;
#endif
	snprintf(connection->reply, LINE_BYTES, "INT %" PRIu64 "\n", AW_READ(vault));
#ifdef REPAIRED
	COUNTED_FREE(&vault_lock);
#endif
	return 0;
}

static int store_export(struct connection *connection, char *arguments)
{
	uint64_t before;
	int error;

	store_get(connection, arguments);
#ifdef REPAIRED
	before = AW_READ(connection->exports);
	AW_WRITE(connection->exports) = before + 1;
	error = COUNTED_YIELD(NULL);
#else
	if (COUNTED_TAKE(&export_lock) < 0)
		return -ECANCELED;
	before = AW_READ(connection->exports);
	error = COUNTED_YIELD(&export_lock);
	AW_WRITE(connection->exports) = before + 1;
	COUNTED_FREE(&export_lock);
#endif
	return error;
}

static int hit_count(struct connection *connection, char *arguments)
{
#ifdef REPAIRED
	int error = COUNTED_YIELD(NULL);
	uint64_t seen = AW_READ(hits);

	AW_WRITE(hits) = seen + 1;
#else
	uint64_t version = hits_version, seen = AW_READ(hits);
	int error = COUNTED_YIELD(NULL);

	if (!error) {
		AW_WRITE(hits) = seen + 1;
		hits_lost += hits_version != version;
		hits_version++;
	}
#endif
	(void)arguments;
	strcpy(connection->reply, "OK\n");
	return error;
}

static const struct command {
	const char *name;
	int (*run)(struct connection *connection, char *arguments);
} commands[] = {
	{"SET", store_set},       {"GET", store_get},       {"DEL", store_delete},
	{"MOVE", ledger_move},    {"SETTLE", vault_settle}, {"TOTAL", vault_total},
	{"EXPORT", store_export}, {"HIT", hit_count},
};

static int request_count(void)
{
	uint64_t before;

#ifndef REPAIRED
	if (COUNTED_TAKE(&stats_lock) < 0)
		return -ECANCELED;
#endif
	before = AW_READ(requests);
	AW_WRITE(requests) = before + 1;
#ifndef REPAIRED
	COUNTED_FREE(&stats_lock);
#endif
	return 0;
}

static int request_run(struct connection *connection)
{
	size_t length = strcspn(connection->line, " ");
	char *arguments = connection->line + length;

	if (*arguments)
		*arguments++ = '\0';
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, connection->line) == 0)
			return commands[i].run(connection, arguments);
	return -EINVAL;
}

/* Will a read of a line have to wait? The load sends whole lines, one at a time. */
static bool read_waits(const struct aw_stream *stream)
{
	return !aw_stream_buffered(stream) && !aw_stream_ended(stream);
}

static int64_t connection_serve(void *arg)
{
	struct connection *connection = arg;
	ssize_t error;

	for (;;) {
		error = COUNTED_AWAIT(
			aw_read_line(connection->stream, connection->line, LINE_BYTES, AW_FOREVER),
			read_waits(connection->stream));
		if (error < 0)
			break;
		error = request_run(connection);
		if (error == -EINVAL)
			strcpy(connection->reply, "ERROR\n");
		else if (error < 0)
			break;
		if (request_count() < 0)
			break;
		/* A reply is far smaller than an empty socket buffer: this never suspends. */
		error = COUNTED_AWAIT(aw_write(connection->stream, connection->reply,
		                               strlen(connection->reply), AW_FOREVER),
		                      false);
		if (error < 0)
			break;
	}
	aw_stream_close(connection->stream);
	AW_FORGET(connection, sizeof(*connection));
	free(connection);
	return 0;
}

static int64_t listener_serve(void *arg)
{
	struct aw_listener *listener = arg;
	struct connection *connection;
	struct aw_stream *stream;

	while (aw_accept(listener, AW_FOREVER, &stream) == 0) {
		connection = calloc(1, sizeof(*connection));
		if (!connection) {
			aw_stream_close(stream);
			break;
		}
		connection->stream = stream;
		tasks++;
		aw_task_spawn(connection_serve, connection, "connection");
	}
	aw_listener_close(listener);
	return 0;
}

static int listen_and_tell(void)
{
	struct aw_listener *listener;
	int error;

	if (unix_path)
		error = aw_unix_listen(unix_path, 128, &listener);
	else
		error = aw_tcp_listen("127.0.0.1", (uint16_t)port, 128, &listener);
	if (error < 0) {
		fprintf(stderr, "kv_server: listen: %s\n", strerror(-error));
		return error;
	}
	printf("{\"port\":%u,\"pid\":%d}\n", aw_listener_port(listener), getpid());
	fflush(stdout);
	tasks++;
	return aw_task_spawn(listener_serve, listener, "listener");
}

static int64_t server_run(void *arg)
{
	struct aw_signal *stop;
	int error;

	(void)arg;
	tasks = 1;
	error = aw_signal_open(SIGTERM, &stop);
	if (error < 0)
		return error;
	error = listen_and_tell();
	if (!error)
		aw_signal_wait(stop, aw_after((int64_t)(duration * 1e9)));
	aw_signal_close(stop);
	return error; /* the runtime cancels the other tasks, each closes what it has */
}

static void truth_print(void)
{
#ifndef REPAIRED
	truth_print_lock(&stats_lock);
	truth_print_lock(&export_lock);
	truth_print_finding("lost-update", "hits", hits_lost);
#endif
	truth_print_lock(&ledger_lock);
	truth_print_lock(&vault_lock);
	truth_print_awaits();
	truth_print_tasks(tasks);
}

static int options_read(int argc, char **argv)
{
	static const struct option options[] = {
		{"port", required_argument, NULL, 'p'},
		{"unix", required_argument, NULL, 'u'},
		{"duration", required_argument, NULL, 'd'},
		{0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (option == 'p')
			port = atoi(optarg);
		else if (option == 'u')
			unix_path = optarg;
		else if (option == 'd')
			duration = atof(optarg);
		else
			return -EINVAL;
	}
	return 0;
}

int main(int argc, char **argv)
{
	int error;

	if (options_read(argc, argv) < 0) {
		fprintf(stderr, "usage: kv_server [--port N] [--unix PATH] [--duration SECONDS]\n");
		return 2;
	}
#ifndef REPAIRED
	COUNTED_LOCK_INIT(&stats_lock, "stats");
	COUNTED_LOCK_INIT(&export_lock, "export");
#endif
	COUNTED_LOCK_INIT(&ledger_lock, "ledger");
	COUNTED_LOCK_INIT(&vault_lock, "vault");
	error = (int)aw_run(server_run, NULL);
	truth_print();
	return error < 0 ? 3 : 0;
}
