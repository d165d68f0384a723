/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * python_names.c - what names mean in Python: of its containers, its locks, its ways to start
 * tasks.
 */
#include "python.h"

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})

const struct language_names python_names[] = {
	{MEANS_ACQUIRES, NAMES("acquire")},
	{MEANS_RELEASES, NAMES("release")},
	{MEANS_ASKS, NAMES("locked")},
	{MEANS_HARMLESS, NAMES("notify", "notify_all", "wait", "wait_for", "set", "clear", "is_set",
                               "put", "get", "statistics")},
	/* of a list, dict, set or deque */
	{MEANS_PUTS,
         NAMES("append", "appendleft", "add", "insert", "extend", "update", "setdefault")},
	{MEANS_REMOVES, NAMES("remove", "discard", "clear", "popleft", "popitem")},
	{MEANS_POPS, NAMES("pop")},
	{MEANS_GETS, NAMES("get")},
	{MEANS_ELEMENT, NAMES("get", "setdefault", "pop")},
	{MEANS_RESIZES,
         NAMES("pop", "popitem", "add", "remove", "discard", "clear", "update", "setdefault")},
	{MEANS_VIEWS, NAMES("items", "values", "keys")},
	{MEANS_EMPTIES, NAMES("clear", "keys", "append")},
	{MEANS_PUTS_DEFAULT, NAMES("setdefault")},
	{MEANS_COUNTS, NAMES("len")},
	{MEANS_CONTAINER,
         NAMES("dict", "WeakValueDictionary", "WeakKeyDictionary", "OrderedDict", "field")},
	{MEANS_FACTORY, NAMES("defaultdict", "field", "ib", "attrib")},
	{MEANS_SPAWNS, NAMES("create_task", "ensure_future", "start_soon", "spawn", "start",
                             "add_task", "create_background_task", "run_coroutine_threadsafe",
                             "spawn_task", "wait_for", "shield", "call_soon", "call_later",
                             "add_done_callback", "call_at", "call_soon_threadsafe", "start_task")},
	{MEANS_SPAWNS_MANY, NAMES("gather", "wait", "as_completed", "starmap", "amap")},
	{MEANS_NESTS, NAMES("create_task", "ensure_future", "gather", "run_until_complete",
                            "run_forever", "start_soon", "spawn", "create_eager_task")},
	{MEANS_SENDS, NAMES("send")},
	{MEANS_INSIDE, NAMES("_run_once", "_set_running_loop", "_enter_task", "_leave_task",
                             "swap_current_task", "_swap_current_task")},
	{MEANS_SWITCHES, NAMES("gevent", "eventlet", "nest_asyncio")},
	{MEANS_CLOSES, NAMES("close", "aclose", "disconnect", "stop", "cancel", "release",
                             "wait_closed", "shutdown", "terminate", "kill", "logout", "cleanup",
                             "async_close", "__aexit__", "abort", "quit", "detach")},
	{MEANS_PROTOCOL, NAMES("__anext__", "__aenter__", "__aexit__", "__aiter__", "__init__",
                               "__await__", "__del__", "__iter__")},
	{MEANS_LISTS, NAMES("__slots__", "__all__")},
	{MEANS_CATCHES, NAMES("BaseException")},
	{0, NULL}};
