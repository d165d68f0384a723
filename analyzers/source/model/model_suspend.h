/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * model_suspend.h - which functions may suspend, and which locks may be held meanwhile.
 */
#ifndef ANALYZERS_MODEL_SUSPEND_H
#define ANALYZERS_MODEL_SUSPEND_H

#include <stdbool.h>
#include <stdint.h>

struct model;

void model_suspend_link(struct model *model);
bool model_site_suspends(const struct model *model, uint32_t site);
/* The first site inside a node that may suspend; 0: none can. `spawns`: starting a task counts. */
uint32_t model_suspends_within(const struct model *model, uint32_t file, uint32_t node,
                               bool spawns);

#endif
