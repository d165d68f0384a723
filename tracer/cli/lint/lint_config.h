/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_config.h - [tool.awaitness] of a pyproject.toml.
 */
#ifndef CLI_LINT_CONFIG_H
#define CLI_LINT_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

struct lint_config {
	char **paths; /* owned, as all of it */
	size_t path_count;
	char **exclude; /* parts of paths */
	size_t exclude_count;
	char *rules; /* comma-separated; NULL: all */
	char *baseline;
	bool watch;
};

/**
 * Reads a file, if it is there. Returns a status: a message tells a file that is no TOML, or a
 * key of our table that is unknown or of the wrong type.
 */
int lint_config_read(const char *path, struct lint_config *config);

/** The same from text; `path` is for messages. */
int lint_config_parse(const char *path, const char *text, size_t size, struct lint_config *config);

/** Replaces a string of it. Returns a status. */
int lint_config_set(char **field, const char *value);

/** Replaces `exclude` by a comma-separated list. Returns a status. */
int lint_config_exclude(struct lint_config *config, const char *list);

void lint_config_fini(struct lint_config *config);

#endif
