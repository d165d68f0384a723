/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * text_parse.h - what the files that read the text form share: the state of a
 * reading, and the steps from a line to records. Nobody else includes this.
 */
#ifndef TRACER_TEXT_PARSE_H
#define TRACER_TEXT_PARSE_H

#include <stdbool.h>
#include <stdint.h>

#include "event/event_buffer.h"
#include "base/fault.h"
#include "base/idmap.h"
#include "text_scan.h"
#include "text_symbols.h"

/* What a C runtime can see, and what a text without a target line is taken to see. */
#define TEXT_CAN_ALL                                                                               \
	(AW_CAN_ACCESSES | AW_CAN_ACQUIRES | AW_CAN_RELEASES | AW_CAN_AWAITS | AW_CAN_STEP_ENDS |  \
	 AW_CAN_WAKES)

#define TEXT_NESTED_MAX 64u /* steps nested in each other on one thread */

/** A stream that the text spoke of. */
struct text_thread {
	uint32_t pid;
	uint32_t tid;
	uint64_t next; /* number of its next record */
	bool told;     /* its THREAD record was made */
	unsigned depth;
	uint32_t running[TEXT_NESTED_MAX]; /* tasks whose steps run, the innermost last */
};

struct text_parse {
	struct text_symbols symbols;
	struct event_buffer out; /* of `thread`, not delivered yet */
	struct text_thread *threads;
	size_t thread_count, thread_room;
	struct idmap thread_by_id; /* by pid << 32 | tid */
	size_t thread;             /* index of the current one */
	uint64_t time;             /* of the line before */
	uint64_t now;              /* of this line: what is implied gets it */
	bool exact;                /* nothing is implied */
	bool targeted;             /* a TARGET record was made */
	uint64_t can;              /* of the newest TARGET */
	bool bad;                  /* a line was refused */
	unsigned line;
	struct fault *fault;
};

/** Sets the fault, with the line; returns -EINVAL. */
int text_bad(struct text_parse *parse, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** Room for text_shown. */
#define TEXT_SHOWN 64
/** A word, escaped and cut, for a message. Returns `out`. */
const char *text_shown(struct text_word word, char out[TEXT_SHOWN]);

/** The names of a line's objects, as they are found. `symbol` is NULL for an id given as a number.
 */
struct text_id {
	uint64_t id;
	struct text_symbol *symbol;
};

/** What a name or id of a space stands for. Emits nothing. 0 or a negative errno. */
int text_resolve(struct text_parse *parse, enum text_space space, struct text_word word,
                 struct text_id *out);

/** Emits what defines a task, lock, object or location not defined yet, and checks that the name is
 * not one of another kind. `type` is the lock type to make. 0 or a negative errno. */
int text_define(struct text_parse *parse, struct text_symbol *symbol, unsigned entity,
                unsigned type);

/** Emits NAME with `text` for a symbol, once. 0 or a negative errno. */
int text_name(struct text_parse *parse, struct text_symbol *symbol, const char *text,
              size_t length);

/** A site with its callers (`@f:file:line<g:file:line`), `label` being of the first and maybe
 * empty; emits the definitions. 0 or a negative errno. */
int text_site(struct text_parse *parse, struct text_word word, struct text_word label,
              uint64_t *out);

/** Follows whose step runs, before the event of a line: emits RESUME where a task acts that was not
 * said to run. 0 or a negative errno. */
int text_step(struct text_parse *parse, unsigned kind, uint32_t task);

/** Emits all that a line with an event says. 0 or a negative errno. */
int text_event(struct text_parse *parse, struct text_word actor, unsigned kind,
               const struct text_word *words, int count);

#endif
