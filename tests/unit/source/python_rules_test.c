/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python_rules_test.c - each file in tests/golden/python is a program; the comments
 * `# expect: RULE object` on top say all that must be found in it.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fault.h"
#include "source/join/join_model.h"

/* "RULE object\n" for each line that says so. */
static void expected_read(const char *path, char *out, size_t size)
{
	char line[512];
	FILE *f = fopen(path, "r");

	out[0] = '\0';
	cr_assert(f, "%s", path);
	while (fgets(line, sizeof(line), f))
		if (!strncmp(line, "# expect: ", 10))
			strncat(out, line + 10, size - strlen(out) - 1);
	fclose(f);
}

/* All that was found and is not waived, sorted. */
static void found_read(const char *path, char *out, size_t size)
{
	struct join_options options = {.paths = &path, .path_count = 1, .threads = 1};
	struct lint_model *model;
	size_t count;
	const struct lint_finding *f;

	out[0] = '\0';
	cr_assert_eq(join_model_open(&options, &model), 0);
	f = lint_model_findings(model, &count);
	for (size_t i = 0; i < count; i++)
		if (!f[i].waived)
			snprintf(out + strlen(out), size - strlen(out), "%s %s\n", f[i].rule->id,
			         f[i].object);
	join_model_close(model);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void lines_sort(char *text)
{
	char *lines[64], copy[4096];
	size_t count = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *l = strtok(copy, "\n"); l && count < 64; l = strtok(NULL, "\n"))
		lines[count++] = l;
	qsort(lines, count, sizeof(*lines), by_text);
	text[0] = '\0';
	for (size_t i = 0; i < count; i++)
		strcat(strcat(text, lines[i]), "\n");
}

Test(python_rules, each_golden_program_has_exactly_the_findings_it_names)
{
	glob_t files;
	size_t named = 0;

	cr_assert_eq(glob("tests/golden/python/*.py", 0, NULL, &files), 0);
	for (size_t i = 0; i < files.gl_pathc; i++) {
		char want[4096], have[4096];

		expected_read(files.gl_pathv[i], want, sizeof(want));
		found_read(files.gl_pathv[i], have, sizeof(have));
		lines_sort(want);
		lines_sort(have);
		named += want[0] != '\0';
		cr_expect_str_eq(have, want, "%s: found:\n%swanted:\n%s", files.gl_pathv[i], have,
		                 want);
	}
	cr_assert_gt(named, 15);
	globfree(&files);
}

/* Root may read everything: as somebody else, then. */
static void expect_unreadable(const char *make, const char *named)
{
	char folder[] = "/tmp/awaitness-lint.XXXXXX", command[256];
	const char *path = mkdtemp(folder);
	struct fault fault = {0};
	struct join_options options = {.paths = &path, .path_count = 1, .fault = &fault};
	struct lint_model *model = NULL;
	int err;

	snprintf(command, sizeof(command), "chmod 755 %s; cd %s && echo 'a = 1' >a.py && %s",
	         folder, folder, make);
	cr_assert(path && system(command) == 0);
	cr_assert(geteuid() != 0 || seteuid(65534) == 0);
	err = join_model_open(&options, &model);
	cr_assert(getuid() != 0 || seteuid(0) == 0);
	join_model_close(model);
	snprintf(command, sizeof(command), "chmod -R 755 %s; rm -rf %s", folder, folder);
	cr_expect_eq(system(command), 0);
	cr_expect_eq(err, -EACCES);
	cr_expect(strstr(fault.message, named), "%s", fault.message);
}

Test(python_files, a_folder_that_cannot_be_read_is_an_error_that_names_it)
{
	expect_unreadable("mkdir sub && echo 'b = 1' >sub/b.py && chmod 0 sub", "/sub: Permission");
}

Test(python_files, a_file_that_cannot_be_read_is_an_error_that_names_it)
{
	expect_unreadable("echo 'b = 1' >b.py && chmod 0 b.py", "/b.py: Permission");
}
