// SPDX-License-Identifier: BSD-2-Clause
/*
 * session_usdt.c - loads and attaches usdt.bpf.c: one program on every
 * fine-grained probe the target carries, with the event kind as its cookie.
 */
#include "session_programs.h"

#include <errno.h>

#include <awaitness/event.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "target/elf_module.h"
#include "load/ring_warm.h"
#include "usdt.skel.h"

static void skeleton_free(void *skeleton)
{
	usdt_bpf__destroy(skeleton);
}

int session_usdt_load(const struct session_plan *plan, struct session_programs *out,
                      struct session_refusal *refusal)
{
	struct usdt_bpf *skeleton;
	int code = -ENOMEM;

	session_refusal_begin(refusal);
	skeleton = usdt_bpf__open();
	if (skeleton) {
		skeleton->rodata->target_tgid = plan->tgid;
		skeleton->rodata->ns_dev = plan->ns_dev;
		skeleton->rodata->ns_inode = plan->ns_inode;
		bpf_map__set_max_entries(skeleton->maps.ring, plan->ring_bytes);
		out->skeleton = skeleton;
		out->skeleton_free = skeleton_free;
		out->object = skeleton->obj;
		code = usdt_bpf__load(skeleton);
	}
	session_refusal_end(refusal, code);
	return code;
}

static int module_attach(struct session_programs *out, const struct session_plan *plan,
                         struct usdt_bpf *skeleton, const struct target_module *module)
{
	int code = 0;

	for (unsigned kind = 0; !code && kind < AW_KIND_MAX; kind++) {
		char name[32];

		if (!(module->kinds >> kind & 1) ||
		    !elf_module_probe_name(kind, name, sizeof(name)))
			continue;
		code = session_attach_usdt(out, plan, skeleton->progs.probe_hit, module, name,
		                           kind);
	}
	return code;
}

int session_usdt_open(const struct session_plan *plan, struct session_programs *out,
                      struct fault *fault)
{
	struct session_refusal refusal;
	struct usdt_bpf *skeleton;
	int code = session_usdt_load(plan, out, &refusal);

	if (code)
		return session_refusal_fault(&refusal, false, fault, code);
	skeleton = out->skeleton;
	out->ring = bpf_map__fd(skeleton->maps.ring);
	out->threads = bpf_map__fd(skeleton->maps.threads);
	out->hits_are_records = true;
	out->counters = skeleton->bss->counters;
	out->stopping = &skeleton->bss->stopping;
	out->in_flight = &skeleton->bss->in_flight;
	code = ring_warm(skeleton->progs.ring_touch, skeleton->maps.ring);
	if (code)
		return session_fault(fault, code, "use the ring buffer");
	/* Without it, threads that end are only not forgotten. */
	session_link_keep(out, bpf_program__attach(skeleton->progs.thread_gone));
	for (size_t i = 0; !code && i < plan->target->module_count; i++)
		code = module_attach(out, plan, skeleton, &plan->target->modules[i]);
	return code ? session_fault(fault, code, "attach to the target's probes") : 0;
}
