/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * toml_fuzz.c - any bytes as a pyproject.toml.
 */
#include <stdint.h>

#include "cli/lint/lint_config.h"

int fail(const char *format, ...);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int fail(const char *format, ...)
{
	(void)format;
	return 3;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lint_config config = {0};

	lint_config_parse("pyproject.toml", (const char *)data, size, &config);
	lint_config_fini(&config);
	return 0;
}
