/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_rule.h - the rules of `awaitness lint`.
 */
#ifndef ANALYZERS_LINT_RULE_H
#define ANALYZERS_LINT_RULE_H

#include <stdbool.h>

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

#endif
