// SPDX-License-Identifier: BSD-2-Clause
/*
 * executable.c - the file that a command's name means, and why it cannot be executed.
 *
 * The errno of exec alone misleads: ENOENT also means that the interpreter is
 * not there, EACCES also a folder.
 */
#include "executable.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FIRST_LINE 256u /* the kernel reads no more of a script (BINPRM_BUF_SIZE) */

/* 0: it may be executed, as far as its mode tells. */
static int file_check(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return -errno;
	return S_ISREG(st.st_mode) && !access(path, X_OK) ? 0 : -EACCES;
}

int executable_find(const char *name, char path[PATH_MAX])
{
	const char *at = getenv("PATH");
	int code, best = -ENOENT;
	char candidate[PATH_MAX];

	if (!*name)
		return -ENOENT;
	if (strchr(name, '/')) {
		if (snprintf(path, PATH_MAX, "%s", name) >= PATH_MAX)
			return -ENAMETOOLONG;
		return file_check(path);
	}
	for (at = at ? at : "/bin:/usr/bin"; at;
	     at = at[strcspn(at, ":")] ? at + strcspn(at, ":") + 1 : NULL) {
		size_t length = strcspn(at, ":");

		if (snprintf(candidate, PATH_MAX, "%.*s/%s", length ? (int)length : 1,
		             length ? at : ".", name) >= PATH_MAX)
			continue;
		code = file_check(candidate);
		if (!code || (code == -EACCES && best == -ENOENT)) {
			best = code;
			memcpy(path, candidate, sizeof(candidate));
		}
		if (!code)
			return 0;
	}
	return best;
}

/* The first bytes of a file; how many there are. */
static size_t head_read(const char *path, char *out, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, out, size);

	if (fd >= 0)
		close(fd);
	return n < 0 ? 0 : (size_t)n;
}

bool executable_is_text(const char *path)
{
	char head[FIRST_LINE];
	size_t n = head_read(path, head, sizeof(head));
	const char *end = memchr(head, '\n', n);

	return !memchr(head, '\0', end ? (size_t)(end - head) : n);
}

static bool script_interpreter(const char *head, size_t n, char out[PATH_MAX])
{
	const char *at = head + 2, *end = head + n;
	size_t length = 0;

	while (at < end && (*at == ' ' || *at == '\t'))
		at++;
	while (at + length < end && !strchr(" \t\n", at[length]))
		length++;
	snprintf(out, PATH_MAX, "%.*s", (int)length, at);
	return length != 0;
}

/* PT_INTERP, by hand: nothing of the file is trusted. */
static bool elf_interpreter(int fd, char out[PATH_MAX])
{
	Elf64_Ehdr header;
	Elf64_Phdr row;

	if (pread(fd, &header, sizeof(header), 0) != sizeof(header) ||
	    header.e_ident[EI_CLASS] != ELFCLASS64)
		return false;
	for (unsigned i = 0; i < header.e_phnum; i++) {
		if (pread(fd, &row, sizeof(row), (off_t)(header.e_phoff + i * sizeof(row))) !=
		    sizeof(row))
			return false;
		if (row.p_type != PT_INTERP || !row.p_filesz || row.p_filesz > PATH_MAX)
			continue;
		if (pread(fd, out, row.p_filesz, (off_t)row.p_offset) != (ssize_t)row.p_filesz)
			return false;
		out[row.p_filesz - 1] = '\0';
		return true;
	}
	return false;
}

bool executable_interpreter(const char *path, char out[PATH_MAX])
{
	char head[FIRST_LINE];
	size_t n = head_read(path, head, sizeof(head));
	bool found = false;
	int fd;

	if (n > 2 && head[0] == '#' && head[1] == '!')
		return script_interpreter(head, n, out);
	if (n < SELFMAG || memcmp(head, ELFMAG, SELFMAG) != 0)
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd >= 0) {
		found = elf_interpreter(fd, out);
		close(fd);
	}
	return found;
}

void executable_explain(const char *name, int err, char *out, size_t size)
{
	char path[PATH_MAX] = "", interpreter[PATH_MAX];
	int found = executable_find(name, path);
	bool folder = false;
	struct stat st;

	if (*path && !stat(path, &st))
		folder = S_ISDIR(st.st_mode);
	if (!found && executable_interpreter(path, interpreter) && access(interpreter, X_OK))
		snprintf(out, size, "its interpreter %.160s: %s", interpreter, strerror(errno));
	else if (err == -ENOENT)
		snprintf(out, size, "there is no such program");
	else if (err == -EACCES && folder)
		snprintf(out, size, "%s", strerror(EISDIR));
	else if (err == -ENOEXEC)
		snprintf(out, size, "%s: neither a program for this machine nor a script",
		         strerror(-err));
	else
		snprintf(out, size, "%s", strerror(-err));
}
