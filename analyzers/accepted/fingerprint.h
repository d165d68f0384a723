/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * fingerprint.h - by what a finding is known again, in a baseline and to those who read a report.
 */
#ifndef ANALYZERS_FINGERPRINT_H
#define ANALYZERS_FINGERPRINT_H

#include <stdint.h>

/** Of the rule, the object, and the functions of its first and last place ("": none): what stays
 * when lines move or a file is renamed. Texts are cut at 2 KiB in all. */
uint64_t fingerprint_of(const char *rule, const char *object, const char *first, const char *last);

#endif
