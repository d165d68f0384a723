/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cli_duration_test.c - lengths of time as people write them.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "cli/duration.h"

static void expect(const char *text, uint64_t wanted)
{
	uint64_t got = 0;

	cr_assert_eq(duration_parse(text, &got), 0, "'%s' is refused", text);
	cr_assert_eq(got, wanted, "'%s' is %" PRIu64 ", not %" PRIu64, text, got, wanted);
}

Test(duration, a_number_alone_is_seconds)
{
	expect("5", 5000000000);
	expect("0.5", 500000000);
}

Test(duration, every_unit_is_understood)
{
	expect("10ns", 10);
	expect("250us", 250000);
	expect("500ms", 500000000);
	expect("2m", 120000000000);
	expect("1h", 3600000000000);
}

Test(duration, a_fraction_is_exact)
{
	expect("1.5s", 1500000000);
	expect("0.000000001s", 1);
	expect("0.1ms", 100000);
	expect("1.25h", 4500000000000);
}

Test(duration, what_is_no_time_is_refused)
{
	static const char *const wrong[] = {"",     "5.",  "s",  "5.",  ".5",  "5 s",
	                                    "-5",   "+5",  "5x", "5S",  "0x5", "1.2.3",
	                                    "five", "5ss", "0",  "0.0s"};
	uint64_t ns;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		cr_expect_eq(duration_parse(wrong[i], &ns), -EINVAL, "'%s' is taken", wrong[i]);
}

Test(duration, what_is_too_small_to_be_a_nanosecond_is_refused)
{
	uint64_t ns;

	cr_expect_eq(duration_parse("0.5ns", &ns), -EINVAL);
}

Test(duration, more_than_a_year_is_refused_without_overflow)
{
	static const char *const huge[] = {"8785h", "99999999999999999999s", "18446744073709551616",
	                                   "527041m", "5124095576h"};
	uint64_t ns;

	expect("8784h", DURATION_MAX_NS);
	for (size_t i = 0; i < sizeof(huge) / sizeof(*huge); i++)
		cr_expect_eq(duration_parse(huge[i], &ns), -ERANGE, "'%s' is taken", huge[i]);
}

Test(duration, is_printed_in_the_largest_unit_that_fits)
{
	char text[DURATION_TEXT];

	cr_expect_str_eq(duration_format(text, 0), "0 ns");
	cr_expect_str_eq(duration_format(text, 999), "999 ns");
	cr_expect_str_eq(duration_format(text, 1500), "1.5 us");
	cr_expect_str_eq(duration_format(text, 5000000000), "5 s");
	cr_expect_str_eq(duration_format(text, 90000000000), "1.5 m");
}

Test(duration, a_share_is_two_times_the_first_not_longer)
{
	static const char *const wrong[] = {"1s", "1s/", "/1s", "2s/1s", "1s/2s/3s", "x/y", ""};
	uint64_t part = 0, whole = 0;

	cr_expect_eq(duration_parse_share("100ms/2s", &part, &whole), 0);
	cr_expect_eq(part, 100000000);
	cr_expect_eq(whole, 2000000000);
	cr_expect_eq(duration_parse_share("1s/1s", &part, &whole), 0);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		cr_expect_eq(duration_parse_share(wrong[i], &part, &whole), -EINVAL, "'%s'",
		             wrong[i]);
}
