/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * root.h - the lists of loops and locks that `awaitness dump` walks from outside.
 */
#ifndef RUNTIME_ROOT_H
#define RUNTIME_ROOT_H

#include <stdbool.h>
#include <stdint.h>

struct aw_loop;
struct lock_base;

/* Thread-safe. */
void root_add_loop(struct aw_loop *loop);
void root_remove_loop(struct aw_loop *loop);
/** A loop with this id runs, in any thread. */
bool root_has_loop(uint64_t id);
void root_add_lock(struct lock_base *lock);
void root_remove_lock(struct lock_base *lock);

#endif
