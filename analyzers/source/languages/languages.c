/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * languages.c - the languages there are.
 */
#include "source/python/python.h"

const struct language *const languages[] = {&python_language, NULL};
