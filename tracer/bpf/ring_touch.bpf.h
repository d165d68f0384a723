/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ring_touch.bpf.h - touches each page of the ring buffer once, before anything is attached.
 *
 * Where the kernel's page tables are shadowed (a virtual machine without nested paging), the first
 * access to a page costs 10 to 25 us, and it would be the target that pays, for as long as the
 * ring is new to it. Run by ring_warm.c. Include it behind the map `ring`.
 */
#ifndef BPF_RING_TOUCH_BPF_H
#define BPF_RING_TOUCH_BPF_H

enum { RING_TOUCH_PAGE = 4096, RING_TOUCH_HEADER = 8, RING_TOUCH_MOST = 1 << 18 };

/* A record as large as a page: its header lies in the page. Not 0: the ring is full. */
static long page_touch(uint32_t i, void *context)
{
	void *page = bpf_ringbuf_reserve(&ring, RING_TOUCH_PAGE - RING_TOUCH_HEADER, 0);

	(void)i, (void)context;
	if (!page)
		return 1;
	bpf_ringbuf_discard(page, BPF_RB_NO_WAKEUP);
	return 0;
}

SEC("syscall")
int ring_touch(void *ctx)
{
	(void)ctx;
	return bpf_loop(RING_TOUCH_MOST, page_touch, 0, 0);
}

#endif
