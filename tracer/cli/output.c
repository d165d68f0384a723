/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * output.c - where a subcommand's result goes, and whether it arrived there.
 */
#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool colour_wanted(const struct settings *settings, FILE *file)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (settings->color != COLOR_AUTO)
		return settings->color == COLOR_ALWAYS;
	return isatty(fileno(file)) && !(no_color && *no_color) &&
	       !(term && strcmp(term, "dumb") == 0);
}

static unsigned terminal_width(FILE *file)
{
	struct winsize size;

	return ioctl(fileno(file), TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

int output_open(struct output *output, const struct settings *settings)
{
	*output = (struct output){.file = stdout, .name = "standard output"};
	if (settings->output && strcmp(settings->output, "-") != 0) {
		output->name = settings->output;
		output->file = fopen(settings->output, "we");
		if (!output->file)
			return fail("cannot write to %s: %s", settings->output, strerror(errno));
	}
	output->colour = colour_wanted(settings, output->file);
	output->width = terminal_width(output->file);
	return STATUS_CLEAN;
}

int output_close(struct output *output)
{
	FILE *file = output->file;
	int err = 0;

	if (!file)
		return STATUS_CLEAN;
	output->file = NULL;
	errno = 0;
	if (fflush(file) || ferror(file))
		err = errno ? errno : EIO;
	if (file != stdout && fclose(file) && !err)
		err = errno;
	if (err && err != EPIPE)
		return fail("cannot write to %s: %s", output->name, strerror(err));
	return STATUS_CLEAN;
}

int output_close_stdout(void)
{
	struct output output = {.file = stdout, .name = "standard output"};

	return output_close(&output);
}
