/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * report_test.c - whole reports, as text and as JSON, against tests/golden/.
 *
 * GOLDEN_UPDATE=1 in the environment writes the golden files instead: look at
 * the difference before committing it.
 */
#include <errno.h>
#include <jansson.h>

#include "expect.h"

#define HEAD                                                                                       \
	"1 - target 4711 c command=\"./kv_server --port 7000\" version=0.1.0 transport=ebpf "      \
	"can=accesses,acquires,releases,awaits,step-ends,wakes\n"                                  \
	"10 main lock-new stats @server_new:kv.c:41\n+0 main lock-new vault @server_new:kv.c:43\n" \
	"+0 main lock-new export @server_new:kv.c:44\n+1 main suspend sleep @main:kv.c:300\n"

#define STATS(w)                                                                                   \
	"+900 " w " lock-taken stats @stats_add:kv.c:71\n+300 " w " read requests "                \
	"@stats_add:kv.c:72\n+0 " w " write requests @stats_add:kv.c:73\n+0 " w " await passed "   \
	"@stats_add:kv.c:74\n+100 " w " lock-freed stats @stats_add:kv.c:75\n"

#define EXPORT(w)                                                                                  \
	"+900 " w " lock-taken export @export:kv.c:181\n+300 " w " read exports." w                \
	" @export:kv.c:182\n+40us " w " suspend sleep @export:kv.c:183\n+100us " w                 \
	" write exports." w " @export:kv.c:184\n+100 " w                                           \
	" lock-freed export @export:kv.c:185\n+1 " w " suspend io\n"

#define TAIL                                                                                       \
	"+900 c1 lock-taken vault @settle:kv.c:91\n+300 c1 write vault.state @settle:kv.c:92\n"    \
	"+40us c1 suspend sleep @settle:kv.c:93\n+10 c2 read vault.state @total:kv.c:121\n"        \
	"+1 c2 suspend io\n+100us c1 write vault.state @settle:kv.c:94\n"                          \
	"+100 c1 lock-freed vault @settle:kv.c:95\n+1 c1 read hits @hit:kv.c:131\n"                \
	"+1 c1 suspend sleep @hit:kv.c:132\n+1 c2 write hits @hit:kv.c:133\n+1 c2 suspend io\n"    \
	"+1 c1 write hits @hit:kv.c:133\n+1 c1 suspend io\n"

static char *report_as(const char *format, const char *trace, const struct report_options *options)
{
	const struct report *report;
	struct analysis *analysis = expect_analysis(trace, &report);
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	cr_assert_eq(report_write(report, format, out, options), 0);
	fclose(out);
	analysis_free(analysis);
	return text;
}

static char *server_trace(void)
{
	char *rounds = trace_repeat(STATS("c1") EXPORT("c1") STATS("c2") EXPORT("c2"), 60);
	char *trace = trace_format("%s%s%s", HEAD, rounds, TAIL);

	free(rounds);
	return trace;
}

/* The file of tests/golden with this name, wherever the test is run. */
static char *golden_path(const char *name)
{
	const char *slash = strstr(__FILE__, "tests/unit/");

	return trace_format("%.*stests/golden/%s", slash ? (int)(slash - __FILE__) : 0, __FILE__,
	                    name);
}

static void expect_golden(const char *name, const char *text)
{
	char *path = golden_path(name), *wanted = NULL;
	size_t length = 0;
	FILE *file;

	if (getenv("GOLDEN_UPDATE")) {
		file = fopen(path, "w");
		cr_assert(file && fputs(text, file) >= 0 && !fclose(file));
	}
	file = fopen(path, "r");
	cr_assert(file, "%s: %s", path, strerror(errno));
	cr_assert(getdelim(&wanted, &length, '\0', file) > 0);
	fclose(file);
	cr_expect_str_eq(text, wanted, "%s differs; the report is now:\n%s", path, text);
	free(wanted);
	free(path);
}

Test(report, as_text_is_the_golden_one)
{
	char *trace = server_trace(), *text = report_as("text", trace, NULL);

	expect_golden("report.txt", text);
	free(text);
	free(trace);
}

Test(report, as_json_is_the_golden_one)
{
	char *trace = server_trace(), *text = report_as("json", trace, NULL);

	expect_golden("report.json", text);
	free(text);
	free(trace);
}

Test(report, as_json_has_the_documented_fields)
{
	char *trace = server_trace(), *text = report_as("json", trace, NULL);
	json_t *root = json_loads(text, 0, NULL), *lock, *finding;
	static const char *const of_lock[] = {
		"name",    "type",  "objects",     "created",     "verdict", "basis", "inferred",
		"change",  "why",   "sections",    "suspended",   "waited",  "tasks", "wait_ns",
		"hold_ns", "sites", "suspensions", "can_suspend", "evidence"};
	static const char *const of_finding[] = {"rule",  "verdict", "object",     "count",
	                                         "task",  "read",    "suspension", "write",
	                                         "other", "message"};

	cr_assert(root);
	lock = json_array_get(json_object_get(root, "locks"), 0);
	finding = json_array_get(json_object_get(root, "findings"), 0);
	cr_expect_str_eq(json_string_value(json_object_get(root, "schema")), "awaitness-report/2");
	for (size_t i = 0; i < sizeof(of_lock) / sizeof(of_lock[0]); i++)
		cr_expect(json_object_get(lock, of_lock[i]), "%s", of_lock[i]);
	for (size_t i = 0; i < sizeof(of_finding) / sizeof(of_finding[0]); i++)
		cr_expect(json_object_get(finding, of_finding[i]), "%s", of_finding[i]);
	json_decref(root);
	free(text);
	free(trace);
}

Test(report, no_line_of_the_text_is_wider_than_asked)
{
	char *trace = server_trace(), *text = report_as("text", trace, NULL), *line;

	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		cr_expect_leq(strlen(line), 100, "%s", line);
	free(text);
	free(trace);
}

Test(report, control_characters_from_the_target_reach_neither_terminal_nor_json)
{
	const char *trace = "10 main lock-new \"\\x1b[2Jlock\\x07\" @\"f\\x1b]0;x\":a.c:1\n"
			    "+1 w1 lock-taken \"\\x1b[2Jlock\\x07\" @get:a.c:2\n"
			    "+1 w1 lock-freed \"\\x1b[2Jlock\\x07\"\n";
	char *text = report_as("text", trace, NULL), *json = report_as("json", trace, NULL);
	json_t *root = json_loads(json, 0, NULL);

	cr_expect_null(strchr(text, '\x1b'));
	cr_expect_null(strchr(text, '\x07'));
	cr_expect_null(strchr(json, '\x1b'));
	cr_expect(root);
	json_decref(root);
	free(text);
	free(json);
}

Test(report, colour_only_when_asked)
{
	char *trace = server_trace(), *plain = report_as("text", trace, NULL);
	char *colour = report_as("text", trace, &(struct report_options){.colour = true});

	cr_expect_null(strchr(plain, '\x1b'));
	cr_expect(strchr(colour, '\x1b'));
	free(plain);
	free(colour);
	free(trace);
}

Test(report, what_was_lost_and_could_not_be_seen_is_said)
{
	char *text = report_as("text",
	                       "1 - target 7 cpython can=wakes\n10 w1 suspend sleep\n"
	                       "+1 - lost 7 until=+0\n",
	                       NULL);

	cr_expect(strstr(text, "cannot tell: dormant; needless"), "%s", text);
	free(text);
}

#define LOST_SOME                                                                                  \
	"1 - target 7 c can=accesses,acquires,releases,awaits,step-ends,wakes\n"                   \
	"10 w1 suspend sleep\n+1us - lost 7 until=+2us\n"

Test(report, as_text_begins_with_what_was_lost_and_takes_nothing_for_absent)
{
	char *text = report_as("text", LOST_SOME, NULL);
	const char *lost = strstr(text, "NOT SEEN\n7 records of thread 1 were lost");

	cr_expect(lost && lost < strstr(text, "LOCKS"), "%s", text);
	cr_expect(!strstr(text, "No lock was taken"), "%s", text);
	cr_expect(!strstr(text, "\nNone.\n"), "%s", text);
	cr_expect(!strstr(text, "exact"), "%s", text);
	free(text);
}

Test(report, as_text_of_a_trace_without_a_loss_says_so)
{
	char *text = report_as("text", "10 w1 suspend sleep\n", NULL);

	cr_expect(!strstr(text, "NOT SEEN"), "%s", text);
	cr_expect(strstr(text, "No lock was taken.\n"), "%s", text);
	cr_expect(strstr(text, "\nNone.\n"), "%s", text);
	cr_expect(strstr(text, "the counts are exact"), "%s", text);
	free(text);
}

Test(report, where_calls_of_acquire_are_not_seen_no_lock_is_said_to_be_absent)
{
	char *text = report_as("text",
	                       "1 - target 7 cpython can=acquires,releases\n"
	                       "10 w1 suspend sleep\n",
	                       NULL);

	cr_expect(!strstr(text, "No lock was taken"), "%s", text);
	cr_expect(strstr(text, "--detail awaits shows each"), "%s", text);
	free(text);
	text = report_as("text",
	                 "1 - target 7 cpython can=acquires,releases,awaits\n"
	                 "10 w1 suspend sleep\n",
	                 NULL);
	cr_expect(strstr(text, "No lock was taken.\n"), "%s", text);
	free(text);
}

Test(report, where_calls_of_acquire_are_not_seen_their_counts_are_not_said_to_be_exact)
{
	char *text = report_as("text",
	                       "1 - target 7 cpython can=acquires,releases\n"
	                       "2 - site 0x1 line=5 function=\"use\" file=\"a.py\"\n"
	                       "+0 - site 0x2 line=9 parent=0x1 function=\"Lock.acquire\" "
	                       "file=\"/usr/lib/python3.11/asyncio/locks.py\"\n"
	                       "10 main lock-new L asyncio.Lock\n+1 main suspend sleep\n"
	                       "+1 w1 lock-taken L @Lock.acquire:"
	                       "\"/usr/lib/python3.11/asyncio/locks.py\":9#0x2\n"
	                       "+1 w1 lock-freed L\n",
	                       NULL);

	cr_expect(strstr(text, "exact, but for what is said below"), "%s", text);
	cr_expect(strstr(text, "is taken by a call of acquire()"), "%s", text);
	free(text);
}

Test(report, as_json_tells_what_was_lost_before_all_else)
{
	char *text = report_as("json", LOST_SOME, NULL);
	json_t *root = json_loads(text, 0, NULL);
	json_t *unseen = json_array_get(json_object_get(root, "unseen"), 0);

	cr_assert(unseen, "%s", text);
	cr_expect(strstr(text, "\"unseen\"") < strstr(text, "\"target\""));
	cr_expect_eq(json_integer_value(json_object_get(unseen, "records")), 7);
	cr_expect_eq(json_integer_value(json_object_get(unseen, "thread")), 1);
	cr_expect_gt(json_integer_value(json_object_get(unseen, "until")),
	             json_integer_value(json_object_get(unseen, "from")));
	cr_expect_gt(json_array_size(json_object_get(unseen, "may_hide")), 10);
	json_decref(root);
	free(text);
}

Test(report, an_unknown_format_is_refused_and_a_full_disk_is_told)
{
	const struct report *report;
	struct analysis *analysis = expect_analysis("1 w1 suspend sleep\n", &report);
	FILE *full = fopen("/dev/full", "w");

	cr_expect_eq(report_write(report, "xml", stdout, NULL), -EINVAL);
	cr_assert(full);
	cr_expect_eq(report_write(report, "text", full, NULL), -ENOSPC);
	cr_expect_lt(report_write(report, "json", full, NULL), 0);
	fclose(full);
	analysis_free(analysis);
}

Test(report, an_empty_trace_gives_a_report)
{
	char *text = report_as("text", "", NULL);

	cr_expect(strstr(text, "No lock was taken."));
	free(text);
}
