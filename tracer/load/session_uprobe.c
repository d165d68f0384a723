// SPDX-License-Identifier: BSD-2-Clause
/*
 * session_uprobe.c - see session_uprobe.h.
 *
 * The code is looked at first: hardly any target has a place that matters, and only for one is it
 * measured what the kernel does there. In doubt nothing is attached.
 */
#include "session_uprobe.h"

#include <bpf/libbpf.h>

#include "target/elf_sites.h"
#include "kernel/nop5.h"

static int place_check(void *context, const uint8_t *code, size_t size)
{
	(void)context;
	return nop5_at(code, size) ? -SESSION_UPROBE_HARMS : 0;
}

/* libbpf 1.7 was the first to place a probe on the nop behind a nop. */
static int site_check(void *context, const uint8_t *code, size_t size)
{
	bool moves = libbpf_major_version() > 1 || libbpf_minor_version() >= 7;

	(void)context;
	return nop5_at_usdt(code, size, moves) ? -SESSION_UPROBE_HARMS : 0;
}

/* What was found in a file, seen in the light of what this kernel does. */
static int judge(int code)
{
	int error;

	if (code != -SESSION_UPROBE_HARMS)
		return code;
	return nop5_measure(&error) == NOP5_TRAPS ? 0 : code;
}

static int link_take(struct bpf_link *link, struct bpf_link **out)
{
	*out = link;
	return link ? 0 : -errno;
}

int session_uprobe_place(const struct bpf_program *program, pid_t pid, const char *path,
                         uint64_t offset, struct bpf_link **out)
{
	int code = judge(elf_site_at(path, offset, place_check, NULL));

	*out = NULL;
	return code ? code
	            : link_take(bpf_program__attach_uprobe(program, false, pid, path, offset), out);
}

int session_uprobe_usdt(const struct bpf_program *program, pid_t pid, const char *path,
                        const char *probe, uint64_t cookie, struct bpf_link **out)
{
	LIBBPF_OPTS(bpf_usdt_opts, options, .usdt_cookie = cookie);
	int code = judge(elf_sites(path, "awaitness", probe, site_check, NULL));

	*out = NULL;
	return code ? code
	            : link_take(bpf_program__attach_usdt(program, pid, path, "awaitness", probe,
	                                                 &options),
	                        out);
}
