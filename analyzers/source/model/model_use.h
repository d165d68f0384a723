/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * model_use.h - what is done with each lock.
 */
#ifndef ANALYZERS_MODEL_USE_H
#define ANALYZERS_MODEL_USE_H

#include <stdbool.h>
#include <stdint.h>

struct model;

enum model_use_kind { USE_REGION, USE_ACQUIRE, USE_RELEASE, USE_TEST, USE_HARMLESS, USE_OTHER };

struct model_use {
	uint8_t kind; /* enum model_use_kind */
	bool certain; /* the receiver's class is known */
	uint32_t lock, file, func;
	uint32_t node; /* REGION: the ITEM; else the mention */
};

void model_uses_link(struct model *model);

#endif
