/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python.c - Python's row: the functions that it consists of, and its words.
 */
#include "python.h"

const struct language python_language = {
	.name = "python",
	.awaits = AWAIT_RUNS_CALLEE,
	.suffix = ".py",
	.package = "/__init__.py",
	.words = (const char *const[]){"async", "await", "trio", NULL},
	.skipped =
		(const char *const[]){"__pycache__", "node_modules", "site-packages", "venv", NULL},
	.parser_new = python_parser_new,
	.parser_free = python_parser_free,
	.parse = python_parse,
	.modules_link = python_modules_link,
	.module_find = python_module_find,
	.module_inside = python_module_inside,
	.import = python_import,
	.names = python_names,
	.none = "None",
	.super = "super",
	.init = "__init__",
	.enter = "__aenter__",
	.leave = "__aexit__",
	.inner = "<locals>",
	.annotation = python_annotation,
	.base = python_base,
	.class_keyword = python_class_keyword,
	.class_decorator = python_class_decorator,
	.canonical = python_canonical,
	.made = python_made,
	.makes_container = python_makes_container,
	.known_await = python_known_await,
	.known_enter = python_known_enter,
	.known_exit = python_known_exit,
	.known_class = python_known_class,
	.known_lock = python_known_lock,
	.known_decorator = python_known_decorator,
	.lock = "asyncio.Lock",
	.eager = "eager_",
	.eager_factory = "eager_task_factory",
	.switcher = "greenlet",
	.switcher_sources = (const char *const[]){"/greenlet/", "/gevent/", "/eventlet/",
                                                  "/nest_asyncio.py", NULL},
};
