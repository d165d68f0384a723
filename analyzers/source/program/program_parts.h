/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * program_parts.h - a program of many Python files, linked: what the passes share.
 *
 * Everything has a small number as its id, and id 0 is nothing. Tables only
 * grow while the program is linked; a table that could not grow leaves
 * -ENOMEM in program->err and hands out id 0, so that passes need not check
 * every step and the model is refused as a whole at the end.
 *
 * A program is linked by one thread. Only pytrees are made in parallel.
 */
#ifndef ANALYZERS_PROGRAM_PARTS_H
#define ANALYZERS_PROGRAM_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "source/tree/tree.h"

#define PROGRAM_TABLE(T)                                                                           \
	struct {                                                                                   \
		T *at;                                                                             \
		uint32_t count, cap;                                                               \
	}

/** A hash from two numbers to one. */
struct program_map {
	uint64_t *keys; /* key + 1; 0: free */
	uint32_t *values;
	uint32_t size, used;
};

struct program_strings {
	PROGRAM_TABLE(char *) text;
	PROGRAM_TABLE(char *) chunks; /* the memory the texts lie in */
	uint32_t *table;              /* open hash of ids */
	uint32_t *hashes;             /* by id */
	uint32_t size;
	uint32_t hash_cap;
	char *chunk;
	size_t left;
};

enum program_scope_kind { SCOPE_MODULE, SCOPE_CLASS, SCOPE_FUNC };

struct program_scope {
	uint8_t kind; /* enum program_scope_kind */
	uint32_t file;
	uint32_t parent; /* scope; 0 for a module */
	uint32_t id;     /* the function or class; for a module, its file */
};

enum program_bind {
	BIND_ASSIGN, /* node: the value */
	BIND_SELF,   /* self.NAME = node, in a method; scope is the class's, `in` the method's */
	BIND_FUNC,   /* id: the function */
	BIND_CLASS,  /* id: the class */
	BIND_IMPORT, /* id: the dotted module */
	BIND_FROM,   /* id: the module as written, other: the name there */
	BIND_PARAM,  /* node: the PARAM */
	BIND_ANNOTATION, /* NAME: node, without a value */
	BIND_OTHER       /* a loop, with, except or del target, +=, ...: any value */
};

struct program_binding {
	uint8_t kind; /* enum program_bind */
	uint32_t name;
	uint32_t file;
	uint32_t in;    /* the scope in which node is evaluated */
	uint32_t node;  /* see the kind */
	uint32_t at;    /* the node of the statement or target that binds */
	uint32_t id;    /* see the kind */
	uint32_t other; /* see the kind */
	uint32_t note;  /* annotation that came with it; 0: none */
	uint32_t next;  /* the next binding of the same name in the same scope */
};

enum program_func_flag {
	FUNC_ASYNC = 1,
	FUNC_GENERATOR = 2,    /* has a yield */
	FUNC_STUB = 4,         /* its body does nothing: made to be overridden */
	FUNC_UNKNOWN_DECO = 8, /* a decorator that may return anything */
	FUNC_CONTEXT = 16,     /* @asynccontextmanager */
	FUNC_STATIC = 32,
	FUNC_CLASSMETHOD = 64,
	FUNC_PROPERTY = 128,
	FUNC_FIXTURE = 256, /* a test framework runs it as a context manager */
	FUNC_HAS_ERROR = 512,
	FUNC_LEGACY = 1024, /* @types.coroutine and the like */
	FUNC_SPAWNS = 2048  /* starts a task, itself or in a sync function it calls */
};

struct program_func {
	uint32_t file, node, name, qualname;
	uint32_t scope;  /* its own */
	uint32_t class;  /* whose method it is */
	uint32_t self;   /* the name of its first parameter, if a method's */
	uint32_t parent; /* the function it is defined in */
	uint32_t flags;  /* enum program_func_flag */
	uint32_t line;   /* co_firstlineno: the first decorator's, if any */
	uint32_t sites, site_count;
	uint32_t calls, call_count;
	bool suspends;
	/* calling context (model_context.c) */
	uint8_t roots;        /* enum program_root */
	bool entry_known;     /* entry_locks was computed */
	uint32_t entry_locks; /* a lock set: held by every caller */
};

enum program_root {
	ROOT_PUBLIC = 1, /* anybody may call it, twice at a time */
	ROOT_TASK = 2,   /* started as a task */
	ROOT_MULTI = 4   /* started as a task more than once */
};

struct program_class {
	uint32_t file, node, name, qualname;
	uint32_t scope;
	uint32_t mro, mro_count;     /* in program->lists: classes of the program, itself first */
	uint32_t below, below_count; /* in program->lists: all classes derived from it */
	bool unknown_base;           /* a base that is not in the program, nor object */
	bool unknown_deco;           /* a decorator or metaclass that may change its methods */
	bool data;                   /* a dataclass or attrs class: annotations are parameters */
	bool evidence;               /* several tasks use one object (model_context.c) */
	bool composed;               /* an attribute's class has evidence */
};

enum program_ref_kind {
	REF_UNKNOWN,
	REF_NONE,            /* None */
	REF_MODULE,          /* id: a file */
	REF_EXTERN,          /* id: dotted name of something outside of the program */
	REF_CLASS,           /* id */
	REF_FUNC,            /* id; other: the class it is looked up on, for a method */
	REF_SUPER,           /* id: the class whose bases are meant; other: the instance's class */
	REF_INSTANCE,        /* id: a class */
	REF_EXTERN_INSTANCE, /* id: dotted name of the class; other: the node of the call, if any */
	REF_CORO,            /* id: the async function called; other: as in REF_FUNC */
	REF_EXTERN_RESULT,   /* id: dotted name of the function called */
	REF_CONTAINER        /* of REF_EXTERN_INSTANCE: id */
};

struct program_ref {
	uint8_t kind;
	uint32_t id;
	uint32_t other;
};

enum model_site_kind {
	SITE_AWAIT, /* node: AWAIT */
	SITE_ENTER, /* node: ITEM of an async with; the next site is its SITE_EXIT */
	SITE_EXIT,
	SITE_FOR,   /* node: FOR */
	SITE_COMP,  /* node: COMP_FOR */
	SITE_YIELD, /* node: YIELD of an async generator */
	SITE_SPAWN, /* node: CALL that starts a task */
	SITE_ERROR  /* node: what was not understood */
};

enum await_verdict { NEVER, CONTENTION, MAY };

struct model_site {
	uint8_t kind;    /* enum model_site_kind */
	uint8_t verdict; /* by itself: NEVER or MAY. callees and locks add to it */
	uint32_t func, node;
	uint32_t callees, callee_count; /* in program->lists: functions it runs */
	uint32_t locks, lock_count;     /* in program->lists: locks it may wait for */
};

/* A call of a function of the program, or a reference to one that is not a call. */
struct model_call {
	uint32_t func;   /* in which it stands */
	uint32_t node;   /* CALL; for a reference, the expression */
	uint32_t callee; /* function */
	uint8_t how;     /* enum model_call_how */
};

enum model_call_how { CALL_PLAIN, CALL_TASK, CALL_TASKS, CALL_ESCAPE };

enum lock_type {
	LOCK_TYPE_NONE,
	LOCK_LOCK,
	LOCK_SEMAPHORE,
	LOCK_CONDITION,
	LOCK_EVENT,
	LOCK_QUEUE
};
enum lock_flavour {
	FLAVOUR_ASYNCIO = 1,
	FLAVOUR_ANYIO,
	FLAVOUR_TRIO,
	FLAVOUR_THREAD,
	FLAVOUR_OTHER
};

struct model_lock {
	uint8_t type;        /* enum lock_type */
	uint8_t flavour;     /* enum lock_flavour */
	uint32_t class;      /* whose attribute; else 0 */
	uint32_t scope;      /* of the class, module or function */
	uint32_t name;       /* attribute or variable */
	uint32_t label;      /* string: "Class.attr", "module.name" */
	uint32_t dotted;     /* string: its type, "asyncio.Lock" */
	uint32_t file, node; /* where it is made */
	bool container;      /* the values of a dict or list are the locks */
	bool escapes;        /* somebody not seen may use it */
	uint32_t escape_file, escape_node;
	const char *escape_why;
	bool tested; /* locked() is asked */
	bool manual; /* acquire() not as a region */
	bool waived; /* "atomic by intent" */
	bool held;   /* may be held across a suspension */
	uint32_t regions;
	uint32_t next; /* the next lock of the same name */
};

enum model_use_kind { USE_REGION, USE_ACQUIRE, USE_RELEASE, USE_TEST, USE_HARMLESS, USE_OTHER };

struct model_use {
	uint8_t kind; /* enum model_use_kind */
	bool certain; /* the receiver's class is known */
	uint32_t lock, file, func;
	uint32_t node; /* REGION: the ITEM; else the mention */
};

struct program_file {
	char *path;
	char *text; /* only while it is being linked */
	size_t size;
	uint64_t hash;
	struct tree *tree; /* NULL: nothing asynchronous in it, not needed so far */
	uint32_t *parent;  /* by node; the BLOCK of the module is its own */
	uint32_t *owner; /* by node: for FUNC and CLASS, its function or class; for site nodes, the
	                    site */
	uint32_t module; /* string: dotted name */
	uint32_t scope;
	bool is_init;
	bool in_package; /* its folder is a package */
	bool unreadable;
	int err;
};

struct program_star {
	uint32_t file, module;
};

struct program_store {
	uint32_t file, node, name;
};

struct program {
	int err;
	struct program_strings strings;
	PROGRAM_TABLE(struct program_file) files;
	PROGRAM_TABLE(struct program_scope) scopes;
	PROGRAM_TABLE(struct program_binding) bindings;
	PROGRAM_TABLE(struct program_func) funcs;
	PROGRAM_TABLE(struct program_class) classes;
	PROGRAM_TABLE(struct model_site) sites;
	PROGRAM_TABLE(struct model_call) calls;
	PROGRAM_TABLE(struct model_lock) locks;
	PROGRAM_TABLE(struct model_use) uses;
	PROGRAM_TABLE(uint32_t) lists;
	PROGRAM_TABLE(struct program_star) stars;
	PROGRAM_TABLE(struct program_store) stores; /* x.name = ..., x not self */
	struct program_map bound;                   /* (scope, name) -> first binding */
	struct program_map modules;                 /* (last component, nth) -> file */
	struct program_map attr_refs; /* (class, attribute) -> refs: memo of program_ref.c */
	struct program_map name_refs; /* (scope, name) -> refs: the same for names */
	PROGRAM_TABLE(struct program_ref) refs;
	struct program_map
		stored; /* (name, 0): an attribute stored through something else than self */
	struct program_map lock_names;       /* (name, 0) -> first lock of that name */
	struct program_map lock_by_place;    /* (scope, name) -> lock */
	struct program_map lock_alias_names; /* (name, 0) */
	struct program_map
		lock_aliases;      /* (scope, name) -> lock: a local variable that stands for it */
	struct program_map wanted; /* (file, 0): to be parsed although nothing in it is async */
	uint32_t depth;            /* of resolving, now */
	bool want;                 /* files that are looked into and not lowered go to `wanted` */
	bool greenlets;            /* a library that can suspend in any call is imported */
	bool eager;                /* eager tasks are asked for */
	bool nests;                /* a loop's inside is used, as to run one in another */
	bool strict;               /* annotations are not believed */
	/* names that are looked for */
	uint32_t n_self, n_none, n_acquire, n_release, n_locked, n_star, n_init, n_slots, n_all;
};

/* program_table.c */
bool program_table_room(struct program *p, void *array, uint32_t *cap, uint32_t count,
                        size_t element);
/** Pushes a zeroed element; gives its index, 0 without memory. The first push makes element 0. */
#define program_push(p, table)                                                                     \
	(((table)->count ||                                                                        \
	  (program_table_room(p, &(table)->at, &(table)->cap, 0, sizeof(*(table)->at)) &&          \
	   ((table)->count = 1))) &&                                                               \
	                 program_table_room(p, &(table)->at, &(table)->cap, (table)->count,        \
	                                    sizeof(*(table)->at))                                  \
	         ? (table)->count++                                                                \
	         : 0)
void program_table_free(void *array, uint32_t *count, uint32_t *cap);
#define program_free_table(table) program_table_free(&(table)->at, &(table)->count, &(table)->cap)
uint32_t program_intern(struct program *p, const char *text, size_t size);
uint32_t program_intern_text(struct program *p, const char *text);
uint32_t program_internf(struct program *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
uint32_t program_map_get(const struct program_map *map, uint32_t a, uint32_t b); /* 0: not there */
void program_map_set(struct program *p, struct program_map *map, uint32_t a, uint32_t b,
                     uint32_t value);
void program_map_fini(struct program_map *map);
void program_strings_fini(struct program_strings *s);
static inline const char *program_text(const struct program *p, uint32_t id)
{
	return id < p->strings.text.count ? p->strings.text.at[id] : "";
}

/* navigation */
static inline const struct tree_node *program_node(const struct program *p, uint32_t file,
                                                   uint32_t node)
{
	return &p->files.at[file].tree->nodes[node];
}
static inline uint32_t program_parent(const struct program *p, uint32_t file, uint32_t node)
{
	return p->files.at[file].parent[node];
}
uint32_t program_child(const struct program *p, uint32_t file, uint32_t node, unsigned int nth);
/* a, b = x, y: what stands across from an element, on the other side of the assignment; 0: nothing
 * that is simple to see. */
uint32_t program_tuple_across(const struct program *p, uint32_t file, uint32_t element);
uint32_t program_enclosing_func(const struct program *p, uint32_t file, uint32_t node);
uint32_t program_enclosing_scope(const struct program *p, uint32_t file, uint32_t node);

/* python_modules.c: names of modules */
void python_modules_link(struct program *p);
uint32_t python_module_find(struct program *p, uint32_t from, uint32_t dotted); /* file; 0 */

/* program_index.c: scopes, bindings, functions, classes of one file */
void program_index_file(struct program *p, uint32_t file);

/* program_class.c: bases, method resolution order, descendants */
void program_classes_link(struct program *p);
bool program_class_related(const struct program *p, uint32_t a, uint32_t b);
bool program_class_derives(const struct program *p, uint32_t class, uint32_t base);
/* The methods of that name that a call on an object of `class` (or of a class derived from it) may
 * run; appends them to p->lists. False: there may be others. */
bool program_class_methods(struct program *p, uint32_t class, uint32_t name, uint32_t *count);

/* program_ref.c: what an expression denotes */
struct program_ref program_resolve(struct program *p, uint32_t scope, uint32_t node);
struct program_ref program_resolve_name(struct program *p, uint32_t scope, uint32_t name);
struct program_ref python_annotation(struct program *p, uint32_t scope, uint32_t node);
struct program_ref program_attribute_of(struct program *p, struct program_ref object,
                                        uint32_t name);
struct program_ref program_attribute_type(struct program *p, uint32_t class, uint32_t name);
uint32_t program_name_scope(struct program *p, uint32_t scope,
                            uint32_t name); /* where it is bound; 0 */

/* python_known.c: what asyncio, anyio, trio and the like do */
uint32_t python_canonical(struct program *p, uint32_t dotted);
enum await_verdict python_known_await(const char *dotted);
enum await_verdict python_known_enter(const char *dotted);
enum await_verdict python_known_exit(const char *dotted);
bool python_known_class(const char *dotted);
enum lock_type python_known_lock(const char *dotted, enum lock_flavour *flavour);
bool python_known_decorator(const char *dotted, uint32_t *flags);
int python_known_spawn(
	const char *name); /* of an attribute or function; 1: a task, 2: many. 0: no */

/* model_lock.c: which locks there are. model_use.c: what is done with each */
void model_locks_link(struct program *p);
void model_uses_link(struct program *p);
void model_lock_escape(struct program *p, uint32_t lock, uint32_t file, uint32_t node,
                       const char *why);
/* The locks that an expression may denote, in p->lists. `certain`: it denotes one of them. */
uint32_t model_locks_of(struct program *p, uint32_t scope, uint32_t node, uint32_t *count,
                        bool *certain);

/* model_site.c, model_suspend.c */
void program_decorators_link(struct program *p); /* flags of functions; before model_sites_link */
void model_sites_link(struct program *p);
void model_suspend_link(struct program *p);
bool model_site_suspends(const struct program *p, uint32_t site);
/* The first site inside a node that may suspend; 0: none can. `spawns`: starting a task counts. */
uint32_t model_suspends_within(const struct program *p, uint32_t file, uint32_t node, bool spawns);

#endif
