/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_model.h - the static model of a Python program, as others use it.
 *
 * Made once from files; then only read. It knows no trace and no process: the
 * findings are what can be said from the source alone, the windows are what a
 * tracer should watch to say more.
 */
#ifndef ANALYZERS_LINT_MODEL_H
#define ANALYZERS_LINT_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lint_model;

/** A rule of `awaitness lint`. Ids are never reused. */
struct lint_rule {
	const char *id;      /* "AW001" */
	const char *name;    /* "needless-lock" */
	const char *summary; /* one line, no full stop */
	bool watch;          /* not printed by default: to be confirmed by a trace */
	bool warning;        /* else an error, where a format tells them apart */
};

#define LINT_RULES(X)                                                                              \
	X(NEEDLESS, "AW001", "needless-lock", false, true,                                         \
	  "a lock whose sections never suspend excludes nobody")                                   \
	X(YIELD, "AW002", "lock-across-yield", false, false,                                       \
	  "an async generator yields while it holds a lock")                                       \
	X(THREAD, "AW003", "thread-lock-across-await", false, false,                               \
	  "a thread's lock is held while the task is suspended")                                   \
	X(LEAK, "AW004", "acquire-leaks", false, false,                                            \
	  "a cancelled await leaves the lock taken for ever")                                      \
	X(UNUSED, "AW005", "unused-lock", false, true, "a lock that is made and never used")       \
	X(INIT, "AW006", "double-initialisation", false, false,                                    \
	  "two tasks may both make a resource that should be made once")                           \
	X(UPDATE, "AW007", "lost-update", false, false,                                            \
	  "a value is read, the task suspends, and the value derived from it is written")          \
	X(CHECK, "AW101", "check-then-act", true, true,                                            \
	  "what was checked before a suspension may not hold after it")                            \
	X(ITERATE, "AW102", "changed-while-iterating", true, true,                                 \
	  "a dict or set is iterated over a suspension, and changed elsewhere")                    \
	X(REMOVE, "AW103", "remove-after-check", true, true,                                       \
	  "an entry that was checked before a suspension is removed after it")                     \
	X(UNRELEASED, "AW104", "acquire-without-release", true, true,                              \
	  "a lock is acquired in a function that does not release it")                             \
	X(WAIVER, "AW901", "unused-waiver", false, true, "a waiver that waives nothing")

enum lint_rule_id {
#define LINT_ENUM(NAME, id, name, watch, warning, summary) LINT_##NAME,
	LINT_RULES(LINT_ENUM)
#undef LINT_ENUM
		LINT_COUNT
};

extern const struct lint_rule lint_rules[LINT_COUNT];

/** The rule of an id or a name, in any case of letters; NULL: there is none. */
const struct lint_rule *lint_rule_find(const char *id);

/** A place in the source that a finding points at. Strings live as long as the model. */
struct lint_place {
	const char *role; /* "read", "suspends", "write", "region", "made", ... */
	const char *file;
	const char *function; /* qualified name; "": at module level */
	uint32_t line;        /* 1-based; 0: the place as a whole */
	uint32_t col, end;    /* 0-based bytes; end: after the last, in the same line, or 0 */
	const char *text;     /* what is to be said about it */
};

struct lint_finding {
	const struct lint_rule *rule;
	const char *object;              /* "Class.attribute", "module.variable" */
	const char *message;             /* one sentence */
	const char *why;                 /* why it is believed; may be "" */
	const char *fix;                 /* the smallest change; may be "" */
	const struct lint_place *places; /* the first is where it is reported */
	size_t place_count;
	uint64_t fingerprint; /* the same after lines moved or the file was renamed */
	bool waived;          /* by a comment in the source */
	bool observed;        /* a trace confirms it */
};

/**
 * A cell that is read before an await and written after it, for a tracer to watch. Where several
 * awaits stand between, there is a window for each: of one `group`, and in order, by `nth`.
 */
struct lint_window {
	uint32_t group, nth;
	const char *file;
	const char *function; /* co_qualname */
	uint32_t first_line;  /* co_firstlineno */
	uint32_t await_line, await_col;
	uint8_t await_kind; /* enum lint_await */
	const char
		*path; /* "self.size", "module.name", "self.d[k]", "self.d[]": all that is in it */
	const char *object; /* "Class.size", "module.name" */
	uint32_t read_line, write_line;
	const char *write_file, *write_function; /* another function than the above, if it is called
	                                          * to write */
	bool guards;   /* the read guards the write; else the value flows into it */
	bool empty;    /* of a guard: it was found not there (None, empty, no entry) */
	bool raises;   /* of a guard: otherwise an exception is raised */
	bool adds;     /* the value is an operand of + - * in what is written */
	bool constant; /* what is written is a constant */
	bool always;   /* after this await the write comes next, but for exceptions */
	bool removes;  /* the write removes an entry */
	bool content;  /* what is in the container counts, too: it was copied when read */
	bool iterates; /* a loop over it: the write is the next step of the iteration */
	const char *const *locks; /* labels of the locks held from the read to the write */
	size_t lock_count;
};

/** A place that writes a cell, in a window or not. */
struct lint_writer {
	const char *file, *function;
	const char *path; /* as a window's */
	uint32_t line;
};

enum lint_await {
	LINT_AWAIT_EXPRESSION,
	LINT_AWAIT_ENTER,
	LINT_AWAIT_EXIT,
	LINT_AWAIT_FOR,
	LINT_AWAIT_COMPREHENSION
};

struct fault;
struct join_trace;
struct report;

/** The model says that a place never suspends, and the trace shows that it did. */
struct lint_error {
	const char *file, *function;
	uint32_t line;
	uint64_t count; /* suspensions */
};

struct join_options {
	const char *const *paths; /* files and folders */
	size_t path_count;
	const char *const *exclude; /* parts of paths to leave out */
	size_t exclude_count;
	const char *cache;    /* an existing folder; NULL: none */
	unsigned int threads; /* 0: one for each processor, at most 8 */
	bool findings_only;   /* no windows and writers are asked for: the cache may do */
	/* What was recorded of the program, to be joined; both or neither. Used during the call
	 * only. */
	const struct join_trace *trace;
	const struct report *report;
	struct fault *fault; /* NULL: not wanted. Names the file or folder that made it fail */
};

struct lint_stats {
	uint32_t files, lowered, broken, lines_unknown;
	uint32_t functions, async_functions, never; /* never: async and proven never to suspend */
	uint32_t sites, sites_never;
	uint32_t locks, needless;
	/* of a trace: its places in files of the program, and those of them that are no await there
	 */
	uint32_t trace_places, trace_strangers;
};

/**
 * Makes the model: reads files, may start threads, blocks. 0 or a negative errno: a path that is
 * not there, or a file or folder below one that cannot be read. What is left out by accident would
 * make what is said of the rest false.
 */
int join_model_open(const struct join_options *options, struct lint_model **out);
void join_model_close(struct lint_model *model); /* takes NULL */

/** All findings, waived ones and those of the watch tier included, ordered by file and line. */
const struct lint_finding *lint_model_findings(const struct lint_model *model, size_t *count);
const struct lint_window *lint_model_windows(const struct lint_model *model, size_t *count);
/** All writes of attributes of self and of modules' variables by functions of classes and async
 * ones.
 */
const struct lint_writer *lint_model_writers(const struct lint_model *model, size_t *count);
void lint_model_stats(const struct lint_model *model, struct lint_stats *out);

/** Where a trace has shown the model to be wrong; the findings do not rest on it any more. */
const struct lint_error *lint_model_errors(const struct lint_model *model, size_t *count);

/** The nth file that was not fully understood: its path, and the line; NULL: no more. */
const char *lint_model_broken(const struct lint_model *model, size_t nth, uint32_t *line);

#endif
