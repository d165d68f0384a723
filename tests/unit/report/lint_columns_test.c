/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * lint_columns_test.c - characters, UTF-16 code units and columns of a line.
 */
#include <criterion/criterion.h>

#include "report/lint_columns.h"

Test(lint_columns, ascii_is_the_same_in_all)
{
	cr_expect_eq(lint_characters("abc = 1", 4), 4);
	cr_expect_eq(lint_utf16("abc = 1", 4), 4);
	cr_expect_eq(lint_columns("abc = 1", 4), 4);
}

Test(lint_columns, an_umlaut_is_two_bytes_and_one_of_everything_else)
{
	cr_expect_eq(lint_characters("\xc3\xa4x", 3), 2);
	cr_expect_eq(lint_utf16("\xc3\xa4x", 3), 2);
	cr_expect_eq(lint_columns("\xc3\xa4x", 3), 2);
}

Test(lint_columns, a_character_beyond_the_first_plane_is_two_code_units)
{
	cr_expect_eq(lint_characters("\xf0\x9f\x98\x80x", 5), 2);
	cr_expect_eq(lint_utf16("\xf0\x9f\x98\x80x", 5), 3);
	cr_expect_eq(lint_columns("\xf0\x9f\x98\x80x", 5), 3);
}

Test(lint_columns, an_ideograph_is_two_columns_and_a_combining_accent_none)
{
	cr_expect_eq(lint_columns("\xe6\xbc\xa2", 3), 2);
	cr_expect_eq(lint_columns("e\xcc\x81", 3), 1);
}

Test(lint_columns, what_is_no_utf8_is_counted_by_the_byte)
{
	static const char *const bad[] = {"\xff", "\xc3", "\xc0\x80", "\xed\xa0\x80",
	                                  "\xf5\x80\x80\x80"};
	uint32_t code;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		cr_expect_eq(lint_character(bad[i], &code), 1);
		cr_expect_eq(code, 0xfffd);
	}
	cr_expect_eq(lint_characters("\xed\xa0\x80", 3), 3);
}
