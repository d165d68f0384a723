/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report_formats.h - the writers behind the rows of report_formats.
 */
#ifndef REPORT_REPORT_FORMATS_H
#define REPORT_REPORT_FORMATS_H

#include <stdio.h>

#include "report.h"

int report_write_text(const struct report *, FILE *, const struct report_options *);
int report_write_json(const struct report *, FILE *, const struct report_options *);

#endif
