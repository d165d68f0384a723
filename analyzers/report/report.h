/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.h - what an analysis has to say, and the writers that print it.
 *
 * The model is plain data: a subcommand may read it (the verdict of a lock,
 * how many findings) without knowing any analyzer. All text in it is as the
 * target gave it, not escaped: the writers escape. NULL text: not known.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/** A place in the target's program. All NULL and 0: not known. */
struct report_place {
	const char *function;
	const char *file;
	const char *label;  /* the expression as written, or a name */
	const char *inner;  /* the library function it was in, called from here; NULL: none */
	const char *waiver; /* what comments `awaitness: ...` at it say (waiver.h), a line each */
	uint32_t line;      /* 0: not known */
	uint64_t site;      /* site id: an address; 0: none */
};

/** Times in ns. `known` false: the source could not tell, and the rest is 0. */
struct report_times {
	bool known;
	uint64_t total;
	uint64_t p50; /* within 7 % (log-linear buckets) */
	uint64_t p99;
	uint64_t max;
};

/* The verdict about a lock. X(NAME, text, rank): rank 0 is the worst. */
#define REPORT_VERDICTS(X)                                                                         \
	X(WRONG_LOCK, "wrong-lock", 0)                                                             \
	X(BYPASSED, "bypassed", 1)                                                                 \
	X(NEEDLESS, "needless", 2)                                                                 \
	X(SERIALISES_ONLY, "serialises-only", 3)                                                   \
	X(DORMANT, "dormant", 4)                                                                   \
	X(UNKNOWN, "unknown", 5)                                                                   \
	X(LIMITS, "limits", 6)                                                                     \
	X(NEEDED, "needed", 7)

enum report_verdict {
#define REPORT_VERDICT_ENUM(NAME, text, rank) REPORT_##NAME,
	REPORT_VERDICTS(REPORT_VERDICT_ENUM)
#undef REPORT_VERDICT_ENUM
		REPORT_VERDICT_MAX
};

/** How a verdict or a finding is known. */
enum report_basis {
	REPORT_BASIS_NONE,     /* JSON null */
	REPORT_BASIS_PROVEN,   /* from the source of the program */
	REPORT_BASIS_OBSERVED, /* it was seen to happen */
	REPORT_BASIS_POSSIBLE  /* no happens-before order forbids it in another order of steps */
};

/** Is it known to the reader? */
enum report_known { REPORT_NEW, REPORT_WAIVED, REPORT_IN_BASELINE };

/** A site with how often sections were entered there, or suspended there. */
struct report_site {
	struct report_place place;
	uint64_t count;     /* sections entered; suspensions */
	uint64_t suspended; /* of these sections, those that spanned a gap */
};

/** A place in the sections of a dormant lock that can suspend, and has not. */
struct report_stop {
	struct report_place place;
	bool counted;    /* false: whether it was passed is not known (JSON null) */
	uint64_t passed; /* 0: never reached in a section of this lock */
};

/** One event that proves a verdict or a finding, as a sentence. */
struct report_evidence {
	uint64_t time; /* ns, CLOCK_MONOTONIC; 0: not known */
	const char *task;
	const char *text; /* "reads", "writes", "suspends", ... */
	struct report_place place;
};

/** One lock identity: all locks of one creation site or name. */
struct report_lock {
	const char *name;
	const char *type; /* text of enum aw_lock_type */
	uint64_t objects;
	struct report_place created;
	enum report_verdict verdict;
	enum report_basis basis;
	enum report_known known; /* then its verdict asks for nothing */
	bool inferred;           /* some counts come from inferred events */
	const char *change;      /* the smallest fix, one sentence; NULL: nothing to change */
	const char *why;         /* one sentence for a person */
	const char *command;     /* unknown: the command that would settle it; NULL: none */
	uint64_t sections;
	uint64_t suspended; /* sections that spanned a gap */
	uint64_t waited;    /* acquisitions that had to wait */
	uint64_t tasks;
	uint64_t threads;
	uint64_t fragile; /* await sites in its sections that did not suspend today */
	struct report_times wait;
	struct report_times hold;
	struct report_site *sites; /* where it was taken, most used first */
	size_t site_count;
	struct report_site *suspensions; /* where its sections suspended, most often first */
	size_t suspension_count;
	struct report_stop *stops; /* dormant: what in its sections can suspend, as far as known */
	size_t stop_count;
	struct report_evidence *evidence;
	size_t evidence_count;
};

/** What the source of a program says of a lock. Texts live as long as who gave them, `stops` until
 * the next question. */
struct report_source {
	bool read;   /* the lock was found in it, with all the places where it was taken */
	bool proven; /* no section of it, in any use, can suspend or start a nested step */
	bool wanted; /* it is declared to be there on purpose, or does more than to exclude */
	const char *unseen; /* which of its uses were not looked at; NULL: all were */
	const char *why; /* proven: of what; else what is missing or can suspend; NULL: unknown */
	/* Where its sections can suspend. `counted`: a pass of it is told with just this line. */
	const struct report_stop *stops;
	size_t stop_count;
};

/** Asks the source about a lock, of which names, type, counts and sites are filled in. */
typedef void (*report_source_fn)(void *context, const struct report_lock *lock,
                                 struct report_source *out);

/** One await site. */
struct report_await {
	struct report_place place;
	bool counted;       /* false: `passed` is not known (JSON null) */
	uint64_t passed;    /* how often it was passed */
	uint64_t suspended; /* how often it really suspended */
};

enum report_severity { REPORT_ERROR, REPORT_WARNING, REPORT_INFO };

/** One finding, for all the times it was seen. Places that a rule has no use for are empty. */
struct report_finding {
	const char *rule; /* "lost-update", ... */
	enum report_severity severity;
	enum report_basis basis; /* JSON `verdict`: REPORT_BASIS_OBSERVED or _POSSIBLE */
	bool pattern;            /* that the write derives from the read is not known */
	const char *object;      /* the location, lock, ... it is about */
	uint64_t count;          /* observed: times it happened; possible: times the pair was run */
	uint64_t objects;        /* different locations or locks it was seen on */
	const char *task;        /* the task it happened to */
	struct report_place read;
	struct report_place suspension; /* the gap */
	struct report_place write;
	const char *other_task;
	struct report_place other; /* what the other did */
	/* A conflict: the lock that was held at both of the task's accesses, and one the other held
	 * at its own; NULL: none was seen. */
	const char *lock, *other_lock;
	bool has_locks;      /* these two are told */
	bool in_step;        /* other_lock: held at its access, or taken later in the same step */
	const char **tests;  /* of a test suite, as `basis` says: in which it happened, or can */
	size_t test_count;   /* 0: none, or it is not known in which */
	uint64_t max_ns;     /* long-step: the longest; else 0 */
	const char *message; /* one sentence */
	const char *change;  /* the smallest fix, one sentence */
	struct report_evidence *evidence;
	size_t evidence_count;
};

/** Bits of what may be missing from a report, by the number of a rule (findings.h) or a verdict. */
#define REPORT_HIDES_RULE(rule)       (1ull << (rule))
#define REPORT_HIDES_VERDICT(verdict) (1ull << (32 + (verdict)))

/** Something that happened and was not seen: a loss, or a limit of this tool that was reached. */
struct report_unseen {
	const char *what;      /* a clause: "12 records of thread 7 were lost" */
	const char *so;        /* what follows, a sentence */
	uint64_t records;      /* lost; 0: it is no loss of records */
	uint32_t thread;       /* of the target; 0: not one alone */
	uint64_t from;         /* ns, CLOCK_MONOTONIC: when the first was lost; 0: not known */
	uint64_t until;        /* ... and the last */
	uint64_t hides;        /* REPORT_HIDES_*: what may be there and not be told for it */
	const char **may_hide; /* the same as the texts of rules and verdicts */
	size_t may_hide_count;
};

/** Something the reader of the report must know about what could not be seen. */
struct report_note {
	const char *text; /* one sentence */
};

/** One of several processes that were watched together. */
struct report_process {
	uint32_t pid;
	const char *command;
	bool watched;
	const char *why; /* why it was not; NULL: it was, or the reason is not known */
	uint64_t steps;
	uint64_t events;
	uint64_t lost; /* records */
};

struct report_target {
	uint32_t pid;
	const char *command;
	const char *runtime; /* "c", "cpython", "unknown" */
	const char *version;
	const char *detail;
	const char *transport;
	uint64_t can;                     /* enum aw_can bits */
	struct report_process *processes; /* the first one included; none: there is only one */
	size_t process_count;
};

struct report_period {
	double seconds;
	uint64_t tasks;
	uint64_t steps;
	uint64_t events;
	uint64_t lost; /* records */
	uint64_t threads;
	bool inexact; /* nothing need be lost, and yet some counts are at least: a note says which
	               */
	bool windows; /* it was not watched all the time; what happened in between is in no count */
};

/** A report: locks worst first, findings surest and most harmful first. */
struct report {
	struct report_target target;
	struct report_period period;
	struct report_lock *locks;
	size_t lock_count;
	struct report_await *awaits;
	size_t await_count;
	struct report_finding *findings;
	size_t finding_count;
	size_t waived, in_baseline; /* findings, and locks that ask for a change: known, and so left
	                             * out of `findings` */
	struct report_unseen *unseen; /* on top of every form of the report */
	size_t unseen_count;
	struct report_note *notes; /* what this source of events cannot tell, and the like */
	size_t note_count;
	bool calls_unseen; /* a lock that is taken by a call, not by `with`, may be missing */
};

struct report_options {
	bool colour;
	bool verbose;   /* text: evidence and all sites, not only the worst */
	unsigned width; /* columns for text; 0: 100 */
};

/** Text of a verdict ("needless"), of a basis ("observed"; NULL for none), of a severity ("error").
 */
const char *report_verdict_text(enum report_verdict verdict);
const char *report_basis_text(enum report_basis basis);
const char *report_known_text(enum report_known known); /* NULL: it is not */
const char *report_severity_text(enum report_severity severity);

/**
 * The writers, one row each; ends with a row whose name is NULL. `write`
 * returns 0 or a negative errno (what the stream said).
 */
struct report_format {
	const char *name; /* "text", "json" */
	const char *help;
	int (*write)(const struct report *, FILE *, const struct report_options *);
};
extern const struct report_format report_formats[];

/**
 * Writes a report. `format`: the name of a row of report_formats. `options`
 * may be NULL. Returns 0, -EINVAL for an unknown format, or a negative errno
 * of the stream. Flushes, does not close.
 */
int report_write(const struct report *report, const char *format, FILE *out,
                 const struct report_options *options);

#endif
