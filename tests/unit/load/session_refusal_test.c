// SPDX-License-Identifier: BSD-2-Clause
/*
 * session_refusal_test.c - what libbpf tells is kept for who loads, and for nobody else.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "refused.h"
#include "load/session_refusal.h"

static unsigned printed;
static char last[256];

__attribute__((format(printf, 2, 0))) static int print(enum libbpf_print_level level,
                                                       const char *format, va_list arguments)
{
	if (level != LIBBPF_WARN)
		return 0;
	__atomic_fetch_add(&printed, 1, __ATOMIC_SEQ_CST);
	return vsnprintf(last, sizeof(last), format, arguments);
}

static int print_other(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level, (void)format, (void)arguments;
	return 0;
}

/* libbpf warns of it. */
static void *open_nothing(void *unused)
{
	(void)unused;
	cr_expect_null(bpf_object__open_file("/there/is/no/such.bpf.o", NULL));
	return NULL;
}

/* As libbpf would. */
__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...)
{
	libbpf_print_fn_t now = libbpf_set_print(NULL);
	va_list arguments;

	libbpf_set_print(now);
	va_start(arguments, format);
	now(LIBBPF_WARN, format, arguments);
	va_end(arguments);
}

Test(session_refusal, what_the_verifier_said_last_is_kept_with_the_program)
{
	struct session_refusal refusal;
	struct bpf_object *object = refused_open(true);

	if (geteuid())
		cr_skip("needs root");
	cr_assert_not_null(object);
	libbpf_set_print(print);
	session_refusal_begin(&refusal);
	session_refusal_end(&refusal, bpf_object__load(object));
	cr_expect_str_eq(refusal.program, "reads_anywhere");
	cr_expect(refusal.verifier);
	cr_expect(refusal.count > 1 && refusal.count <= SESSION_REFUSAL_LINES);
	cr_expect(strstr(session_refusal_why(&refusal), "invalid mem access"), "%s",
	          session_refusal_why(&refusal));
	cr_expect_eq(printed, 0, "%s", last);
	bpf_object__close(object);
}

Test(session_refusal, what_is_taken_says_nothing)
{
	struct session_refusal refusal;
	struct bpf_object *object = refused_open(false);

	if (geteuid())
		cr_skip("needs root");
	session_refusal_begin(&refusal);
	session_refusal_end(&refusal, bpf_object__load(object));
	cr_expect_eq(refusal.count, 0, "%s", session_refusal_why(&refusal));
	cr_expect_str_empty(refusal.program);
	bpf_object__close(object);
}

Test(session_refusal, the_print_function_of_before_is_back)
{
	struct session_refusal outer, inner;

	libbpf_set_print(print);
	session_refusal_begin(&outer);
	session_refusal_begin(&inner);
	open_nothing(NULL);
	session_refusal_end(&inner, -EACCES);
	cr_expect_eq(inner.count, 1);
	cr_expect_eq(outer.count, 0);
	open_nothing(NULL);
	session_refusal_end(&outer, -EACCES);
	cr_expect_eq(outer.count, 1);
	cr_expect(strstr(session_refusal_why(&outer), "such.bpf.o"));
	cr_expect_eq(printed, 0);
	open_nothing(NULL);
	cr_expect_eq(printed, 1);
	cr_expect_eq(libbpf_set_print(NULL), print);
}

Test(session_refusal, other_threads_are_not_silenced)
{
	struct session_refusal refusal;
	pthread_t thread;

	libbpf_set_print(print);
	session_refusal_begin(&refusal);
	cr_assert_eq(pthread_create(&thread, NULL, open_nothing, NULL), 0);
	pthread_join(thread, NULL);
	session_refusal_end(&refusal, -EACCES);
	cr_expect_eq(printed, 1);
	cr_expect(strstr(last, "such.bpf.o"), "%s", last);
	cr_expect_eq(refusal.count, 0);
}

static void *listen_too(void *unused)
{
	struct session_refusal refusal;

	for (int i = 0; i < 1000; i++) {
		session_refusal_begin(&refusal);
		open_nothing(unused);
		session_refusal_end(&refusal, -EACCES);
		cr_expect_eq(refusal.count, 1);
	}
	return NULL;
}

Test(session_refusal, threads_that_listen_hear_each_its_own)
{
	pthread_t threads[4];

	libbpf_set_print(print);
	for (int i = 0; i < 4; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, listen_too, NULL), 0);
	for (int i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	cr_expect_eq(printed, 0);
	cr_expect_eq(libbpf_set_print(NULL), print);
}

Test(session_refusal, what_somebody_else_has_set_meanwhile_stays)
{
	struct session_refusal refusal;

	libbpf_set_print(print);
	session_refusal_begin(&refusal);
	libbpf_set_print(print_other);
	session_refusal_end(&refusal, -EACCES);
	cr_expect_eq(libbpf_set_print(NULL), print_other);
}

Test(session_refusal, a_log_of_any_length_leaves_a_few_short_lines_without_control_characters)
{
	enum { LOG = 20 << 20 };
	struct session_refusal refusal;
	char *log = malloc(LOG);

	cr_assert_not_null(log);
	memset(log, 'x', LOG);
	for (size_t i = 1000; i < LOG; i += 1000)
		log[i] = '\n';
	strcpy(log + LOG - 100, "\nR1 \033[31mis out\ta\x80\nprocessed 5 insns (limit 1000000)\n");
	session_refusal_begin(&refusal);
	tell("libbpf: prog '%s': BPF program load failed: %s\n", "step", "Permission denied");
	tell("libbpf: prog '%s': -- BEGIN PROG LOAD LOG --\n%s-- END PROG LOAD LOG --\n", "step",
	     log);
	tell("libbpf: prog '%s': failed to load: %d\n", "step", -13);
	tell("libbpf: failed to load object '%s'\n", "some");
	session_refusal_end(&refusal, -EACCES);
	cr_expect_eq(refusal.count, SESSION_REFUSAL_LINES);
	cr_expect_str_eq(refusal.program, "step");
	cr_expect_str_eq(session_refusal_why(&refusal), "R1 \\x1b[31mis out\\ta\\x80");
	for (unsigned i = 0; i < refusal.count; i++)
		cr_expect_lt(strlen(refusal.lines[i]), SESSION_REFUSAL_LINE);
	free(log);
}

/* The log tells then how the program was found good. */
Test(session_refusal, what_is_no_question_of_the_program_is_not_put_into_the_verifiers_mouth)
{
	struct session_refusal refusal;
	struct fault fault = {0};

	if (geteuid())
		cr_skip("needs root");
	session_refusal_begin(&refusal);
	tell("libbpf: prog '%s': BPF program load failed: %s\n", "step", "Too many open files");
	tell("libbpf: prog '%s': -- BEGIN PROG LOAD LOG --\n%s-- END PROG LOAD LOG --\n", "step",
	     "Func#15 ('f') is safe for any args that match its prototype\n");
	session_refusal_end(&refusal, -EMFILE);
	cr_expect_not(refusal.verifier);
	cr_expect_eq(refusal.count, 0);
	session_refusal_fault(&refusal, true, &fault, -EMFILE);
	cr_expect_str_eq(fault.message, "cannot load the BPF programs: Too many open files; raise "
	                                "the limit of open files (ulimit -n)");
}

Test(session_refusal, the_message_names_the_program_the_last_words_and_doctor)
{
	struct session_refusal refusal = {.program = "task_step", .verifier = true, .count = 1};
	struct fault fault = {0};

	if (geteuid())
		cr_skip("needs root");
	memset(refusal.lines[0], 'y', SESSION_REFUSAL_LINE - 1);
	cr_expect_eq(session_refusal_fault(&refusal, true, &fault, -EACCES), -EACCES);
	cr_expect(strstr(fault.message, "the kernel refuses the BPF program task_step: Permission "
	                                "denied: yyy"),
	          "%s", fault.message);
	cr_expect(strstr(fault.message, "awaitness doctor"), "%s", fault.message);
}

Test(session_refusal, what_is_missing_is_said_first)
{
	struct session_refusal refusal = {.count = 0};
	struct fault fault = {0};

	setenv("AWAITNESS_DISABLE", "bpf", 1);
	session_refusal_fault(&refusal, true, &fault, -EINVAL);
	cr_expect(strstr(fault.message, "eBPF does not work here: bpf: "), "%s", fault.message);
}
