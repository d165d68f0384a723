// SPDX-License-Identifier: BSD-2-Clause
/*
 * kernel_btf_test.c - a hand-made BTF file, whole, cut off at every byte, and damaged.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/btf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/kernel_btf.h"

/* Function `f`; tracepoint `t` with two arguments (and the kernel's own first). */
static const char strings[] = "\0f\0btf_trace_t\0btf_trace_bad";
struct image {
	struct btf_header header;
	struct btf_type f;     /* 1: func f -> 2 */
	struct btf_type proto; /* 2 */
	struct btf_param params[3];
	struct btf_type pointer; /* 3 -> 2 */
	struct btf_type t;       /* 4: typedef btf_trace_t -> 3 */
	struct btf_type bad;     /* 5: typedef btf_trace_bad -> 77 */
	char strings[sizeof(strings)];
} __attribute__((packed));

#define INFO(kind, count) ((kind) << 24 | (count))

static struct image image_make(void)
{
	struct image image = {
		.header = {.magic = BTF_MAGIC,
	                   .version = 1,
	                   .hdr_len = sizeof(struct btf_header),
	                   .type_len = offsetof(struct image, strings) - sizeof(struct btf_header),
	                   .str_off = offsetof(struct image, strings) - sizeof(struct btf_header),
	                   .str_len = sizeof(strings)},
		.f = {.name_off = 1, .info = INFO(BTF_KIND_FUNC, 0), .type = 2},
		.proto = {.info = INFO(BTF_KIND_FUNC_PROTO, 3)},
		.pointer = {.info = INFO(BTF_KIND_PTR, 0), .type = 2},
		.t = {.name_off = 3, .info = INFO(BTF_KIND_TYPEDEF, 0), .type = 3},
		.bad = {.name_off = 15, .info = INFO(BTF_KIND_TYPEDEF, 0), .type = 77},
	};

	memcpy(image.strings, strings, sizeof(strings));
	return image;
}

/* Writes `size` bytes of an image to a file and opens that. */
static int open_bytes(const void *bytes, size_t size, struct kernel_btf **btf)
{
	char path[] = "/tmp/awaitness-btf.XXXXXX";
	int fd = mkstemp(path), code;

	cr_assert_geq(fd, 0);
	cr_assert_eq(write(fd, bytes, size), (ssize_t)size);
	close(fd);
	code = kernel_btf_open(path, btf);
	unlink(path);
	return code;
}

Test(kernel_btf, functions_and_tracepoints_are_found)
{
	struct image image = image_make();
	struct kernel_btf *btf;

	cr_assert_eq(open_bytes(&image, sizeof(image), &btf), 0);
	cr_assert(kernel_btf_has_function(btf, "f"));
	cr_assert_not(kernel_btf_has_function(btf, "g"));
	cr_assert_not(kernel_btf_has_function(btf, "btf_trace_t"), "it is no function");
	cr_assert_eq(kernel_btf_tracepoint(btf, "t"), 2);
	cr_assert_eq(kernel_btf_tracepoint(btf, "u"), -1);
	cr_assert_eq(kernel_btf_tracepoint(btf, "bad"), -1);
	kernel_btf_close(btf);
}

Test(kernel_btf, a_file_cut_off_anywhere_is_refused)
{
	struct image image = image_make();
	struct kernel_btf *btf;

	for (size_t size = 0; size < sizeof(image); size++)
		cr_assert_eq(open_bytes(&image, size, &btf), -EPROTO, "cut at %zu", size);
}

Test(kernel_btf, a_damaged_byte_leads_nowhere_out)
{
	for (size_t i = 0; i < sizeof(struct image); i++) {
		struct image image = image_make();
		struct kernel_btf *btf;

		((unsigned char *)&image)[i] ^= 0xff;
		if (open_bytes(&image, sizeof(image), &btf))
			continue;
		kernel_btf_has_function(btf, "f");
		cr_assert_lt(kernel_btf_tracepoint(btf, "t"), 0x10000);
		kernel_btf_close(btf);
	}
}

Test(kernel_btf, a_file_that_is_not_there_is_an_error)
{
	struct kernel_btf *btf;

	cr_assert_eq(kernel_btf_open("/nonexistent", &btf), -ENOENT);
	cr_assert_null(btf);
}
