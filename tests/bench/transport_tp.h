/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * transport_tp.h - the same 24 bytes of an event for LTTng-UST (its time stamp makes it 32).
 * Included several times by LTTng's own headers.
 */
#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER awaitness_bench
#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE                                                               \
	"../../tests/bench/transport_tp.h" /* from runtime/include, which is in the search path */
#if !defined(TESTS_BENCH_TRANSPORT_TP_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define TESTS_BENCH_TRANSPORT_TP_H

#include <stdint.h>

#include <lttng/tracepoint.h>

LTTNG_UST_TRACEPOINT_EVENT(
	awaitness_bench, event,
	LTTNG_UST_TP_ARGS(uint32_t, task, uint32_t, kind, uint64_t, object, uint64_t, site),
	LTTNG_UST_TP_FIELDS(lttng_ust_field_integer(uint32_t, task, task)
                                    lttng_ust_field_integer(uint32_t, kind, kind)
                                            lttng_ust_field_integer(uint64_t, object, object)
                                                    lttng_ust_field_integer(uint64_t, site, site)))

#endif
#include <lttng/tracepoint-event.h>
