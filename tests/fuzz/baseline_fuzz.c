/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * baseline_fuzz.c - any bytes as a baseline file; what was read is then asked for a finding.
 */
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/baseline.h"

int fail(const char *format, ...);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int fail(const char *format, ...)
{
	(void)format;
	return 3;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char path[] = "/tmp/awaitness-fuzz-XXXXXX";
	static int fd = -1;
	struct baseline *baseline;

	if (fd < 0)
		fd = mkstemp(path);
	if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	if (baseline_read(path, &baseline)) {
		if (baseline)
			abort(); /* an object in spite of a failure */
		return 0;
	}
	while (baseline_take(baseline, 0x3b1f))
		; /* each entry covers one finding, so this ends */
	baseline_free(baseline);
	return 0;
}
