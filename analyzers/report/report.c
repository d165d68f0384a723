/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report.c - the table of report formats.
 */
#include "report.h"

#include <errno.h>
#include <string.h>

#include "report_formats.h"

const struct report_format report_formats[] = {
	{"text", "for people", report_write_text},
	{"json", "for programs: awaitness-report/2", report_write_json},
	{NULL, NULL, NULL},
};

int report_write(const struct report *report, const char *format, FILE *out,
                 const struct report_options *options)
{
	static const struct report_options defaults;
	int err;

	for (const struct report_format *row = report_formats; row->name; row++) {
		if (strcmp(row->name, format))
			continue;
		err = row->write(report, out, options ? options : &defaults);
		if (!err && (fflush(out) || ferror(out)))
			err = errno ? -errno : -EIO;
		return err;
	}
	return -EINVAL;
}
