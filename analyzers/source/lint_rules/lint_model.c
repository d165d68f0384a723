/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_model.c - see lint_model.h.
 */
#include "lint_model.h"
#include "lint_model_parts.h"

const struct lint_finding *lint_model_findings(const struct lint_model *model, size_t *count)
{
	*count = model->findings.count > 1 ? model->findings.count - 1 : 0;
	return *count ? model->findings.at + 1 : NULL;
}

void lint_model_stats(const struct lint_model *model, struct lint_stats *out)
{
	*out = model->stats;
}

const struct lint_window *lint_model_windows(const struct lint_model *model, size_t *count)
{
	*count = model->windows.count > 1 ? model->windows.count - 1 : 0;
	return *count ? model->windows.at + 1 : NULL;
}

const struct lint_writer *lint_model_writers(const struct lint_model *model, size_t *count)
{
	*count = model->writers.count > 1 ? model->writers.count - 1 : 0;
	return *count ? model->writers.at + 1 : NULL;
}

const struct lint_error *lint_model_errors(const struct lint_model *model, size_t *count)
{
	*count = model->errors.count > 1 ? model->errors.count - 1 : 0;
	return *count ? model->errors.at + 1 : NULL;
}

const char *lint_model_broken(const struct lint_model *model, size_t nth, uint32_t *line)
{
	if (nth + 1 >= model->broken.count)
		return NULL;
	*line = model->broken.at[nth + 1].line;
	return model->broken.at[nth + 1].file;
}
