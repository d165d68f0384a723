/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * canary.h - the probe that a canary stands on, and what a canary checks about it.
 *
 * A canary is a program that notices if a probe changed anything in it: each function below returns
 * how many of the values that it kept across a probe are not what they were. With CANARY_LOG the
 * probe is the one that ships a log (with nothing in it), else a fine-grained one of probe.h.
 */
#ifndef HARM_CANARY_H
#define HARM_CANARY_H

#include <awaitness/event.h>
#include <awaitness/probe.h>

/* Probes of others: as probe.h once made them; as <usdt.h> did from December 2025 to May 2026, and
 * does now. */
#if defined(__x86_64__) && defined(CANARY_NOP5)
#undef _SDT_NOP
#define _SDT_NOP                                                                                   \
	.byte 0x0f;                                                                                \
	.byte 0x1f;                                                                                \
	.byte 0x44;                                                                                \
	.byte 0x00;                                                                                \
	.byte 0x00
#elif defined(__x86_64__) && defined(CANARY_NOP1_NOP5)
#undef _SDT_NOP
#define _SDT_NOP                                                                                   \
	nop;                                                                                       \
	.byte 0x0f;                                                                                \
	.byte 0x1f;                                                                                \
	.byte 0x44;                                                                                \
	.byte 0x00;                                                                                \
	.byte 0x00
#elif defined(__x86_64__) && defined(CANARY_NOP10)
#undef _SDT_NOP
#define _SDT_NOP                                                                                   \
	nop;                                                                                       \
	.byte 0x66;                                                                                \
	.byte 0x2e;                                                                                \
	.byte 0x0f;                                                                                \
	.byte 0x1f;                                                                                \
	.byte 0x84;                                                                                \
	.byte 0x00;                                                                                \
	.byte 0x00;                                                                                \
	.byte 0x00;                                                                                \
	.byte 0x00;                                                                                \
	.byte 0x00
#endif

#define CANARY_TEXT_(...) #__VA_ARGS__
#define CANARY_TEXT(...)  CANARY_TEXT_(__VA_ARGS__)

/* What the log's probe is given. */
extern struct aw_log_head canary_head;

#ifdef CANARY_LOG
#define CANARY_HIT()           STAP_PROBE1(awaitness, log_ship, &canary_head)
#define CANARY_NAME            "log_ship"
#define CANARY_ARGUMENTS(head) "8@%" head
extern volatile unsigned short awaitness_log_ship_semaphore;
#else
#define CANARY_HIT()           AW_PROBE_FIRE(suspend, 1, 0, 0, 0)
#define CANARY_NAME            "suspend"
#define CANARY_ARGUMENTS(head) "4@$1 8@$0 2@$0 8@$0"
#endif

/* The same probe for assembler text: the nop of probe.h, and the note that <sys/sdt.h> makes.
 * `head`: the register that holds &canary_head there. */
#define CANARY_SITE(head)                                                                          \
	"990: " CANARY_TEXT(_SDT_NOP) "\n"                                                         \
				      " .pushsection .note.stapsdt,\"?\",\"note\"\n"               \
				      " .balign 4\n .4byte 992f-991f, 994f-993f, 3\n"              \
				      "991: .asciz \"stapsdt\"\n"                                  \
				      "992: .balign 4\n"                                           \
				      "993: .8byte 990b, _.stapsdt.base, awaitness_" CANARY_NAME   \
				      "_semaphore\n"                                               \
				      " .asciz \"awaitness\", \"" CANARY_NAME                      \
				      "\", \"" CANARY_ARGUMENTS(                                   \
					      head) "\"\n"                                         \
						    "994: .balign 4\n .popsection\n"

/* canary_registers.c: what the processor holds */
unsigned long canary_red_zone(uint64_t seed);
unsigned long canary_general(uint64_t seed);
unsigned long canary_vectors(uint64_t seed);
unsigned long canary_floating(uint64_t seed);

/* canary_control.c: where control goes */
unsigned long canary_jump(uint64_t seed);
unsigned long canary_switch(uint64_t seed);
unsigned long canary_signal(uint64_t seed);

/* canary_process.c: who else runs the code; `check` is what they do */
typedef unsigned long (*canary_check_fn)(uint64_t seed);
unsigned long canary_fork(canary_check_fn check);
unsigned long canary_vfork_exec(void); /* runs this program with the one argument `child` */
unsigned long canary_clone(canary_check_fn check);

#endif
