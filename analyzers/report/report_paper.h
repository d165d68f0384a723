/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report_paper.h - what a text report is written on: width, colour, numbers for people.
 */
#ifndef REPORT_REPORT_PAPER_H
#define REPORT_REPORT_PAPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "report.h"

#define PAPER_PLAIN  "\033[0m"
#define PAPER_BOLD   "\033[1m"
#define PAPER_DIM    "\033[2m"
#define PAPER_RED    "\033[31m"
#define PAPER_GREEN  "\033[32m"
#define PAPER_YELLOW "\033[33m"

#define PAPER_NUMBER 32u /* room for a number or a time as text */
#define PAPER_NAME   24u /* columns of a name */

struct paper {
	FILE *out;
	unsigned width;
	bool colour;
	bool verbose;
};

/** The colour if colours are on, else "". */
const char *paper_colour(const struct paper *paper, const char *colour);

/** 1234567 as "1,234,567", into `out` (PAPER_NUMBER bytes), giving it back. */
const char *paper_number(char *out, uint64_t number);

/** ns as "1.2 ms". The same way. */
const char *paper_time(char *out, uint64_t ns);

/** A name escaped and cut to `columns`, with "..." where something is missing. NULL: "?". */
void paper_cut(char *out, size_t size, const char *name, unsigned columns);

/** Text (escaped here) in lines of the paper's width: the first at column `first`, as the cursor
 * is there already, the others indented by `indent`. Ends the line. */
void paper_wrap(struct paper *paper, unsigned first, unsigned indent, const char *text);

/** A label and its text, indented. */
void paper_field(struct paper *paper, unsigned indent, const char *label, const char *text);

/** A place in one go: function, file:line, expression, as far as they are known. */
void paper_place(struct paper *paper, const struct report_place *place);

#endif
