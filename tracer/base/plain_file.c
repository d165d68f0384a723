/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * plain_file.c - see plain_file.h.
 */
#include "plain_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SEAL_TRIES = 50, SEAL_WAIT_US = 2000 };

int plain_file_open(const char *path)
{
	int place = open(path, O_PATH | O_CLOEXEC), file;
	char again[32];
	struct stat status;

	if (place < 0)
		return -errno;
	if (fstat(place, &status) || !S_ISREG(status.st_mode)) {
		close(place);
		return -EINVAL;
	}
	snprintf(again, sizeof(again), "/proc/self/fd/%d", place);
	/* O_NONBLOCK: nor does it wait for whoever has a lease on it (fcntl(2)) */
	file = open(again, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (file < 0)
		file = -errno;
	close(place);
	return file;
}

/* Copies [at, end). A file that has become shorter leaves zeros. */
static int part_copy(int to, int from, off_t at, off_t end)
{
	if (lseek(to, at, SEEK_SET) < 0)
		return -errno;
	while (at < end) {
		ssize_t n = sendfile(to, from, &at, (size_t)(end - at));

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)
			return 0;
	}
	return 0;
}

static int parts_copy(int to, int from, off_t size)
{
	off_t at = 0;
	int error = 0;

	while (!error && at < size) {
		off_t data = lseek(from, at, SEEK_DATA), hole;

		if (data < 0 && errno == ENXIO) /* nothing but a hole is left */
			return 0;
		if (data < 0) /* this file system does not know holes */
			return part_copy(to, from, at, size);
		hole = lseek(from, data, SEEK_HOLE);
		if (hole < 0 || hole > size)
			hole = size;
		error = part_copy(to, from, data, hole);
		at = hole > at ? hole : size;
	}
	return error;
}

/* The kernel says EBUSY while it has something of its own to do with one of the pages. */
static int seal(int copy)
{
	for (unsigned i = 0;
	     fcntl(copy, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
	     i++) {
		if (errno != EBUSY || i == SEAL_TRIES)
			return -errno;
		usleep(SEAL_WAIT_US);
	}
	return 0;
}

int plain_file_copy(int file, uint64_t max)
{
	struct stat status;
	int copy, error;

	if (fstat(file, &status))
		return -errno;
	if (!S_ISREG(status.st_mode))
		return -EINVAL;
	if ((uint64_t)status.st_size > max)
		return -EFBIG;
	copy = memfd_create("awaitness", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (copy < 0)
		return -errno;
	error = ftruncate(copy, status.st_size) ? -errno : parts_copy(copy, file, status.st_size);
	if (!error)
		error = seal(copy);
	if (error) {
		close(copy);
		return error;
	}
	return copy;
}
