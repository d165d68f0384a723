/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_diff.c - reads `git diff --unified=0 REV`: file names and line ranges of hunks.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/command.h"
#include "lint_diff.h"

struct range {
	char *file; /* resolved; owned by the first range of the file */
	unsigned int from, to;
	bool owner;
};

struct lint_diff {
	struct range *ranges;
	size_t count, cap;
};

static struct range *range_new(struct lint_diff *d)
{
	if (d->count == d->cap) {
		size_t cap = d->cap ? d->cap * 2 : 64;
		struct range *grown = realloc(d->ranges, cap * sizeof(*grown));

		if (!grown)
			return NULL;
		d->ranges = grown;
		d->cap = cap;
	}
	d->ranges[d->count] = (struct range){0};
	return &d->ranges[d->count++];
}

/* "@@ -a,b +c,d @@": lines c to c+d-1 are new. */
static void hunk_read(struct lint_diff *d, const char *line, char *file, bool *owned)
{
	const char *plus = strchr(line, '+');
	unsigned long from, count = 1;
	struct range *r;
	char *end;

	if (!plus || !file)
		return;
	from = strtoul(plus + 1, &end, 10);
	if (*end == ',')
		count = strtoul(end + 1, NULL, 10);
	r = count ? range_new(d) : NULL;
	if (!r)
		return;
	*r = (struct range){file, (unsigned int)from, (unsigned int)(from + count - 1), !*owned};
	*owned = true;
}

static void diff_parse(struct lint_diff *d, FILE *f)
{
	char *line = NULL, *file = NULL;
	bool owned = false;
	size_t cap = 0;
	ssize_t n;

	while ((n = getline(&line, &cap, f)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		if (!strncmp(line, "+++ ", 4)) {
			if (!owned)
				free(file);
			file = realpath(line + 4, NULL);
			owned = false;
		} else if (!strncmp(line, "@@ ", 3)) {
			hunk_read(d, line, file, &owned);
		}
	}
	if (!owned)
		free(file);
	free(line);
}

int lint_diff_read(const char *revision, struct lint_diff **out)
{
	char *argv[] = {"git",         "diff",       "--unified=0",   "--relative",
	                "--no-prefix", "--no-color", "--no-ext-diff", (char *)revision,
	                "--",          NULL};
	int ends[2], status = -1;
	pid_t pid;
	FILE *f;

	*out = NULL;
	if (revision[0] == '-')
		return fail("%s is no revision", revision);
	if (pipe(ends))
		return fail("pipe: %s", strerror(errno));
	pid = fork();
	if (!pid) {
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(ends[1]);
	f = pid < 0 ? NULL : fdopen(ends[0], "r");
	*out = f ? calloc(1, sizeof(**out)) : NULL;
	if (*out)
		diff_parse(*out, f);
	if (f)
		fclose(f);
	else
		close(ends[0]);
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || status || !*out) {
		lint_diff_free(*out);
		*out = NULL;
		return fail("git diff %s failed: is it a revision, and this a git work tree?",
		            revision);
	}
	return 0;
}

bool lint_diff_touches(const struct lint_diff *diff, const struct lint_finding *finding)
{
	bool touched = false;

	for (size_t i = 0; i < finding->place_count && !touched; i++) {
		char *path = realpath(finding->places[i].file, NULL);

		for (size_t k = 0; path && k < diff->count && !touched; k++)
			touched = finding->places[i].line >= diff->ranges[k].from &&
			          finding->places[i].line <= diff->ranges[k].to &&
			          !strcmp(path, diff->ranges[k].file);
		free(path);
	}
	return touched;
}

void lint_diff_free(struct lint_diff *diff)
{
	if (!diff)
		return;
	for (size_t i = 0; i < diff->count; i++)
		if (diff->ranges[i].owner)
			free(diff->ranges[i].file);
	free(diff->ranges);
	free(diff);
}
