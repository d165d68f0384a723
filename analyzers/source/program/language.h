/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * language.h - what is peculiar to one language, or to the libraries that are used with it.
 *
 * A language has a folder beside this one, and a row in languages[]. All else in source/ asks the
 * program's row, and names no language.
 */
#ifndef ANALYZERS_LANGUAGE_H
#define ANALYZERS_LANGUAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "program_index.h"
#include "program_ref.h"

struct program;
struct tree;

/** Does it suspend? By itself, aside from what it calls. */
enum await_verdict { NEVER, CONTENTION /* if it must wait for the lock */, MAY };

/** What an await does. */
enum await_policy {
	AWAIT_RUNS_CALLEE, /* and suspends if what is awaited is not ready */
	AWAIT_GIVES_A_TURN /* always, whatever is awaited */
};

enum lock_type {
	LOCK_TYPE_NONE,
	LOCK_LOCK,
	LOCK_SEMAPHORE,
	LOCK_CONDITION,
	LOCK_EVENT,
	LOCK_QUEUE
};

/** Whose lock it is. */
enum lock_flavour {
	FLAVOUR_STANDARD = 1, /* of the language's own library of tasks */
	FLAVOUR_THREAD,
	FLAVOUR_OTHER,          /* of a library of which no more is known */
	FLAVOUR_CHECKPOINT = 16 /* and above, a number a library: taking one always suspends */
};

/** What a name means: of a function, method, class or attribute. The places where it stands tell
 * these apart, so a name may mean several things. */
enum name_meaning {
	MEANS_ACQUIRES = 1u << 0, /* methods of locks */
	MEANS_RELEASES = 1u << 1,
	MEANS_ASKS = 1u << 2,     /* whether it is taken */
	MEANS_HARMLESS = 1u << 3, /* another that leaves a lock what it is */
	MEANS_PUTS = 1u << 4,     /* methods of containers */
	MEANS_REMOVES = 1u << 5,
	MEANS_POPS = 1u << 6,          /* removes one entry, and fails without it */
	MEANS_GETS = 1u << 7,          /* reads an entry */
	MEANS_ELEMENT = 1u << 8,       /* gives an entry, whatever else it does */
	MEANS_RESIZES = 1u << 9,       /* entries may be added or removed */
	MEANS_VIEWS = 1u << 10,        /* gives all that is in it, to be iterated */
	MEANS_EMPTIES = 1u << 11,      /* or looks at its keys, or appends: no entry gets out */
	MEANS_PUTS_DEFAULT = 1u << 12, /* keeps its argument, if there is no such entry */
	MEANS_COUNTS = 1u << 13,       /* a function: how many entries there are */
	MEANS_CONTAINER = 1u << 14,    /* makes one that is empty */
	MEANS_FACTORY = 1u << 15,      /* is given what makes a value */
	MEANS_SPAWNS = 1u << 16,       /* starts a task, or keeps something to be called later */
	MEANS_SPAWNS_MANY = 1u << 17,
	MEANS_NESTS = 1u << 18,    /* may start or resume a task at once, inside of the step */
	MEANS_SENDS = 1u << 19,    /* resumes, if it is given nothing */
	MEANS_INSIDE = 1u << 20,   /* the inside of an event loop, as to run one in another */
	MEANS_SWITCHES = 1u << 21, /* a module that can switch tasks inside of any call */
	MEANS_CLOSES = 1u << 22,   /* a method that ends an object's use */
	MEANS_PROTOCOL = 1u << 23, /* a method that the language itself calls */
	MEANS_LISTS = 1u << 24,    /* a variable that only lists names */
	MEANS_CATCHES = 1u << 25   /* an exception that all are */
};

/** Names of one meaning. */
struct language_names {
	uint32_t means;           /* enum name_meaning */
	const char *const *names; /* NULL ends them */
};

struct language {
	const char *name;
	enum await_policy awaits;

	/* Files. Lists end with NULL. */
	const char *suffix;
	const char *package;        /* how the path of a folder's own module ends */
	const char *const *words;   /* without one of them a file has nothing asynchronous in it */
	const char *const *skipped; /* folders of other programs */

	/* The parser; one per thread. 0 or -ENOMEM, -ENOTSUP. */
	int (*parser_new)(void **out);
	void (*parser_free)(void *parser); /* takes NULL */
	/* Any bytes will do: what is not the language becomes ERROR nodes. 0 or -ENOMEM, -EFBIG. */
	int (*parse)(void *parser, const char *text, size_t size, struct tree **out);

	/* Imports */
	void (*modules_link)(struct program *p);
	uint32_t (*module_find)(struct program *p, uint32_t from, uint32_t dotted);    /* file; 0 */
	uint32_t (*module_inside)(struct program *p, uint32_t package, uint32_t name); /* file; 0 */
	struct program_ref (*import)(struct program *p, struct program_binding b);

	/* Names */
	const struct language_names *names;              /* one without names ends them */
	const char *none, *super, *init, *enter, *leave; /* enter, leave: of an `async with` */
	const char *inner; /* stands between a function and what is defined in it */
	struct program_ref (*annotation)(struct program *p, uint32_t scope, uint32_t node);
	bool (*base)(const char *dotted); /* adds no method that a program's class could lose to */
	bool (*class_keyword)(const char *keyword, const char *value); /* changes no methods */
	bool (*class_decorator)(const char *name, bool *data); /* as above; data: it makes fields */

	/* What is known of code outside of the program, by dotted names. What is not may suspend.
	 */
	uint32_t (*canonical)(struct program *p, uint32_t dotted);
	/* What an object is that a call makes, and what a container that a call makes holds: they
	 * may depend on whether there are arguments. */
	uint32_t (*made)(struct program *p, uint32_t dotted, bool arguments);
	bool (*makes_container)(const char *dotted);
	enum await_verdict (*known_await)(const char *dotted);
	enum await_verdict (*known_enter)(const char *dotted);
	enum await_verdict (*known_exit)(const char *dotted);
	bool (*known_class)(const char *dotted);
	enum lock_type (*known_lock)(const char *dotted, enum lock_flavour *flavour);
	bool (*known_decorator)(const char *dotted, uint32_t *flags); /* enum program_func_flag */

	/* What rules and proofs say and look for */
	const char *lock;                    /* the lock to recommend */
	const char *eager, *eager_factory;   /* stand in names by which eager tasks are asked for */
	const char *switcher;                /* stands in modules that switch tasks */
	const char *const *switcher_sources; /* and in the paths of their sources. NULL ends them */
};

/** The languages there are; the first is that of whoever does not choose. */
extern const struct language *const languages[];

/** What a name of the program means: enum name_meaning. */
uint32_t language_means(const struct program *p, uint32_t name);

#endif
