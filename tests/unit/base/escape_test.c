/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * escape_test.c - no byte from a target reaches a terminal or breaks JSON.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/escape.h"

static void expect(const char *text, const char *plain, const char *quoted)
{
	char out[256];

	escape_text(out, sizeof(out), text, strlen(text), false);
	cr_expect(eq(str, out, (char *)plain));
	escape_text(out, sizeof(out), text, strlen(text), true);
	cr_expect(eq(str, out, (char *)quoted));
}

Test(escape, what_can_be_shown_stays_and_what_cannot_is_escaped)
{
	expect("plain", "plain", "plain");
	expect("Größe 漢", "Größe 漢", "Größe 漢");
	expect("a\"b\\c", "a\"b\\c", "a\\\"b\\\\c");
	expect("\x1b[2J\r\n\t\x7f", "\\x1b[2J\\r\\n\\t\\x7f", "\\x1b[2J\\r\\n\\t\\x7f");
	expect("\xc2\x9b"
	       "1m",
	       "\\xc2\\x9b1m", "\\xc2\\x9b1m");
	expect("\xe2\x80\xae", "\\xe2\\x80\\xae", "\\xe2\\x80\\xae");
	expect("\xff\xc0\x80\xed\xa0\x80", "\\xff\\xc0\\x80\\xed\\xa0\\x80",
	       "\\xff\\xc0\\x80\\xed\\xa0\\x80");
}

Test(escape, a_result_that_does_not_fit_is_cut_between_characters)
{
	char out[8];

	cr_expect(eq(sz, escape_text(out, 6, "abcd\n", 5, false), 4));
	cr_expect(eq(str, out, "abcd"));
	cr_expect(eq(sz, escape_text(out, 4, "ab\xc3\xb6", 4, false), 2));
	cr_expect(eq(sz, escape_text(out, 1, "x", 1, false), 0));
	cr_expect(eq(str, out, ""));
}

Test(escape, any_bytes_become_text_that_is_safe_and_can_be_undone)
{
	unsigned seed = (unsigned)time(NULL);

	cr_log_info("seed %u", seed);
	srand(seed);
	for (int round = 0; round < 20000; round++) {
		char bytes[24], out[ESCAPE_ROOM(sizeof(bytes))], back[sizeof(bytes)];
		size_t length = (size_t)rand() % sizeof(bytes), used;
		json_t *json;

		for (size_t i = 0; i < length; i++)
			bytes[i] = (char)(rand() % 4 ? rand()
			                             : "\\\"\n\xe2\x80\xae\xc3\xb6"[rand() % 8]);
		used = escape_text(out, sizeof(out), bytes, length, true);
		for (size_t i = 0; i < used; i++)
			cr_assert(ge(uint, (unsigned char)out[i], 0x20));
		json = json_stringn(out, used);
		cr_assert(ne(ptr, json, NULL), "not UTF-8: %s", out);
		json_decref(json);
		cr_assert(eq(long, escape_decode(back, sizeof(back), out, used), (long)length));
		cr_assert(eq(int, memcmp(back, bytes, length), 0));
	}
}

Test(escape, what_is_no_escape_is_refused)
{
	char out[8];

	cr_expect(eq(long, escape_decode(out, sizeof(out), "\\", 1), -1));
	cr_expect(eq(long, escape_decode(out, sizeof(out), "\\q", 2), -1));
	cr_expect(eq(long, escape_decode(out, sizeof(out), "\\x1", 3), -1));
	cr_expect(eq(long, escape_decode(out, 2, "abc", 3), -1));
}
