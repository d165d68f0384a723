/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * command.h - a subcommand and its options as table rows.
 *
 * Each subcommand is one file in this folder that defines one row, `const
 * struct command command_NAME`, which main.c lists. Each option is one row in
 * options.c, listed by the commands that take it, so that an option reads and
 * behaves alike wherever it is taken. --help and the manual pages are printed
 * from these rows (help.c).
 */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Exit status: an interface, the same for every subcommand. */
enum status {
	STATUS_CLEAN = 0,
	STATUS_FINDINGS = 1, /* only where --fail-on asked for it */
	STATUS_USAGE = 2,
	STATUS_FAILED = 3 /* could not run */
};

enum format { FORMAT_TEXT, FORMAT_JSON };
enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
/* How much is seen of a CPython program. The default is 0. */
enum detail { DETAIL_LOCKS, DETAIL_STEPS, DETAIL_AWAITS, DETAIL_ALL };
enum transport { TRANSPORT_AUTO, TRANSPORT_EBPF, TRANSPORT_FILE };

/** What the command line asked for. An option's row says which field it sets. */
struct settings {
	uint64_t duration_ns;                  /* 0: until the target ends or Ctrl-C */
	uint64_t long_step_ns;                 /* 0: the analyzers' default */
	const char *output;                    /* file or folder; NULL: standard output */
	const char *facts;                     /* file; NULL: facts are not kept */
	const char *fail_on;                   /* as given; fail_on.h reads it. NULL: never */
	const char *baseline, *write_baseline; /* files of known findings; NULL: none */
	const char *only;                      /* analyzers, comma-separated; NULL: all */
	const char *from;                      /* convert: form of the input; NULL: find out */
	const char *to;                        /* convert: form of the output; NULL: by its name */
	const char *duty;                      /* "1s/10s"; NULL: all the time */
	int detail;                            /* enum detail */
	int format;                            /* enum format */
	int color;                             /* enum color */
	int transport;                         /* enum transport */
	int verbose;                           /* how often -v was given */
	/* lint */
	const char *lint_rules, *lint_diff, *lint_cache;
	const char *lint_trace, *lint_exclude;
	int lint_format; /* index in lint_formats */
	int lint_tier;   /* 0: high, 1: watch */
	bool force;      /* overwrite what is there */
	bool follow;     /* child processes, too */
	bool all;        /* dump: each task */
	bool no_cells;   /* watch no attributes of a Python program */
	bool man;        /* help: as a manual page */
	bool help;
};

enum option_type {
	OPTION_FLAG,     /* bool: set */
	OPTION_COUNT,    /* int: one more */
	OPTION_STRING,   /* const char *: points into argv */
	OPTION_DURATION, /* uint64_t: ns. 5, 5s, 500ms, 2m, 1h */
	OPTION_CHOICE    /* int: the index in `choices` */
};

struct option_row {
	const char *name;     /* without the dashes */
	char letter;          /* 0: no short form */
	const char *argument; /* as help calls it; NULL: takes none */
	enum option_type type;
	size_t offset;              /* in struct settings */
	const char *const *choices; /* OPTION_CHOICE: NULL-terminated */
	const char *help;           /* one sentence or a few */
};

extern const struct option_row option_duration, option_format, option_output, option_fail_on,
	option_only, option_long_step, option_transport, option_force, option_verbose, option_color,
	option_help, option_trace_output, option_from, option_to, option_detail, option_duty,
	option_follow, option_no_cells, option_man, option_all, option_baseline,
	option_write_baseline, option_facts;

/** What is left when the options are taken out. */
struct arguments {
	int count; /* of `values`, which come before a `--` */
	char **values;
	char **command; /* what follows `--`, NULL-terminated; NULL: there was no `--` */
};

struct command {
	const char *name;
	const char *summary;                     /* one line, no full stop */
	const char *usage;                       /* what follows the name in the usage line */
	const char *description;                 /* paragraphs, parted by an empty line */
	const char *examples;                    /* lines, each a command; NULL: none */
	const struct option_row *const *options; /* NULL-terminated; --help goes without saying */
	bool takes_command; /* the first argument that is no option begins a command of another
	                     * program, as if `--` stood before it */
	/* Returns the exit status. Errors have been told with fail() by then. */
	int (*run)(const struct settings *settings, const struct arguments *arguments);
};

extern const struct command command_attach, command_run, command_record, command_report,
	command_dump, command_print, command_convert, command_doctor, command_lint, command_explain,
	command_version, command_help;

/** All subcommands in the order of the help, NULL at the end (commands.c). */
extern const struct command *const commands[];

/** The subcommand of this name, or NULL. */
const struct command *command_find(const char *name);

/**
 * Says on stderr, in one line, what failed, on what, why, and what to do.
 * Control characters in the message are escaped. Returns STATUS_FAILED.
 */
int fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** The same for a wrong command line; names `command --help`. Returns STATUS_USAGE. */
int fail_usage(const struct command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
