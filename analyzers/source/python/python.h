/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python.h - Python's row, and the functions that it consists of.
 */
#ifndef ANALYZERS_PYTHON_H
#define ANALYZERS_PYTHON_H

#include "source/program/language.h"

extern const struct language python_language;

/* python_parser.c */
int python_parser_new(void **out);
void python_parser_free(void *parser);
int python_parse(void *parser, const char *text, size_t size, struct tree **out);

/* python_modules.c */
void python_modules_link(struct program *p);
uint32_t python_module_find(struct program *p, uint32_t from, uint32_t dotted);
uint32_t python_module_inside(struct program *p, uint32_t package, uint32_t name);
struct program_ref python_import(struct program *p, struct program_binding b);

/* python_annotation.c */
bool python_text_ends(const char *text, const char *end);
struct program_ref python_annotation(struct program *p, uint32_t scope, uint32_t node);

/* python_class.c */
bool python_base(const char *dotted);
bool python_class_keyword(const char *keyword, const char *value);
bool python_class_decorator(const char *name, bool *data);

/* python_known.c */
uint32_t python_canonical(struct program *p, uint32_t dotted);
uint32_t python_made(struct program *p, uint32_t dotted, bool arguments);
bool python_makes_container(const char *dotted);
enum await_verdict python_known_await(const char *dotted);
enum await_verdict python_known_enter(const char *dotted);
enum await_verdict python_known_exit(const char *dotted);
bool python_known_class(const char *dotted);
enum lock_type python_known_lock(const char *dotted, enum lock_flavour *flavour);
bool python_known_decorator(const char *dotted, uint32_t *flags);

/* python_names.c: what names mean; NULL names ends it */
extern const struct language_names python_names[];

#endif
