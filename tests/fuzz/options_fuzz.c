/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * options_fuzz.c - any words as the command line of any subcommand. The first byte chooses the
 * subcommand, a NUL or a line's end parts the words.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"

#define WORDS_MAX 64

/* It stands in main.c, which has a main of its own. */
const struct command command_version = {.name = "version",
                                        .options = (const struct option_row *const[]){NULL}};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct settings settings = {0};
	struct arguments arguments;
	char message[OPTIONS_MESSAGE] = "", *words[WORDS_MAX + 1], *text;
	size_t count = 0, known = 0;
	int n = 0, err;

	if (!size)
		return 0;
	while (commands[known])
		known++;
	text = malloc(size);
	if (!text || !known)
		abort();
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	for (size_t at = 0; at < size && count < WORDS_MAX; at += strlen(text + at) + 1) {
		char *end = strchr(text + at, '\n');

		if (end)
			*end = '\0';
		words[count++] = text + at;
	}
	words[count] = NULL;
	n = (int)count;
	err = options_parse(commands[data[0] % known], n, words, &settings, &arguments, message);
	/* a refusal says why; what is taken is among the words */
	if (err ? !*message || memchr(message, '\0', sizeof(message)) == NULL
	        : arguments.count < 0 || arguments.count > n)
		abort();
	free(text);
	return 0;
}
