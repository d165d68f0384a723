// SPDX-License-Identifier: BSD-2-Clause
/*
 * transport_lttng.c - the same events through LTTng-UST. See transport.c; the session is set up by
 * tests/bench/transport_compare, which also asks LTTng what was lost.
 */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "transport_tp.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "transport_pace.h"

static void tell(void *context, uint64_t number)
{
	(void)context;
	lttng_ust_tracepoint(awaitness_bench, event, 1, 3, number, 0);
}

/* transport_lttng (flat-out | paced) */
int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	if (!strcmp(argv[1], "paced"))
		printf("paced-Mevents/s %.2f\n", pace_emit(tell, NULL));
	else
		printf("flat-out-ns/event %.2f\n", pace_flat_out(tell, NULL));
	return 0;
}
