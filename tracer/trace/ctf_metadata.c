/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ctf_metadata.c - TSDL (CTF 1.8.3, section 7 and annex C of the specification).
 *
 * Everything is aligned to bytes, so that a record has the layout of struct
 * aw_event: CTF would align a struct to its widest member otherwise.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "ctf_format.h"
#include "ctf_metadata.h"
#include "base/escape.h"
#include "event/event_table.h"

static const char head[] =
	"/* CTF 1.8 */\n\n"
	"typealias integer { size = 8; align = 8; } := uint8_t;\n"
	"typealias integer { size = 16; align = 8; } := uint16_t;\n"
	"typealias integer { size = 32; align = 8; } := uint32_t;\n"
	"typealias integer { size = 64; align = 8; } := uint64_t;\n"
	"typealias integer { size = 64; align = 8; base = 16; } := hex64_t;\n"
	"typealias integer { size = 8; align = 8; encoding = UTF8; } := utf8_t;\n"
	"typealias integer { size = 14; align = 8; } := uint14_t;\n"
	"typealias integer { size = 12; align = 8; } := uint12_t;\n"
	"typealias integer { size = 6; align = 1; } := uint6_t;\n"
	"typealias integer { size = 5; align = 1; } := uint5_t;\n"
	"typealias integer { size = 2; align = 1; } := uint2_t;\n"
	"typealias integer { size = 1; align = 1; } := uint1_t;\n\n";

static const char layout[] =
	"typealias integer { size = 64; align = 8; map = clock.monotonic.value; } := time_ns_t;\n\n"
	"stream {\n"
	"\tid = 0;\n"
	"\tpacket.context := struct {\n"
	"\t\ttime_ns_t timestamp_begin;\n"
	"\t\ttime_ns_t timestamp_end;\n"
	"\t\tuint64_t content_size;\n"
	"\t\tuint64_t packet_size;\n"
	"\t\tuint64_t events_discarded;\n"
	"\t\tuint64_t packet_seq_num;\n"
	"\t\tuint32_t pid;\n"
	"\t\tuint32_t tid;\n"
	"\t\tuint64_t first_number;\n"
	"\t\tuint64_t event_count;\n"
	"\t};\n"
	"\tevent.header := struct {\n"
	"\t\ttime_ns_t timestamp;\n"
	"\t\tuint16_t id;\n"
	"\t};\n"
	"};\n";

/* What the object column is called, by its class. */
static const char *object_name(unsigned class)
{
	switch (class) {
	case AW_FIELD_TASK:
		return "uint64_t other_task";
	case AW_FIELD_LOCK:
		return "uint64_t lock";
	case AW_FIELD_OBJECT:
		return "uint64_t object";
	case AW_FIELD_ADDRESS:
		return "hex64_t address";
	case AW_FIELD_SITE:
		return "hex64_t defined_site";
	case AW_FIELD_TIME:
		return "uint64_t begin_ns";
	case AW_FIELD_NONE:
		return "uint64_t unused_object";
	default:
		return "uint64_t number";
	}
}

static const char *site_name(unsigned class)
{
	switch (class) {
	case AW_FIELD_SITE:
		return "hex64_t site";
	case AW_FIELD_PARENT:
		return "hex64_t parent_site";
	case AW_FIELD_ADDRESS:
		return "hex64_t end_address";
	case AW_FIELD_BYTES:
		return "uint64_t bytes";
	case AW_FIELD_TIME:
		return "uint64_t end_ns";
	case AW_FIELD_NONE:
		return "uint64_t unused_site";
	default:
		return "uint64_t bits";
	}
}

static const char *arg_name(unsigned class)
{
	switch (class) {
	case AW_FIELD_LOCK:
		return "type";
	case AW_FIELD_MODE:
		return "mode";
	case AW_FIELD_OUTCOME:
		return "outcome";
	case AW_FIELD_AWAIT:
		return "await";
	case AW_FIELD_SUSPENDED:
		return "pass";
	case AW_FIELD_ENTITY:
		return "entity";
	case AW_FIELD_RUNTIME:
		return "runtime";
	default:
		return "what";
	}
}

/* The 16 bits of arg: a value, flags of the kind, and the flags of all kinds on top. */
static void write_arg(FILE *out, unsigned kind, unsigned class)
{
	const char *deadline = event_flag_text(kind, AW_ARG_DEADLINE);
	const char *word, *comma = "";

	if (class == AW_FIELD_SIZE) {
		fprintf(out, "\t\tuint12_t size;\n\t\tuint1_t %s;\n\t\tuint1_t test;\n",
		        kind == AW_WRITE ? "same" : "use");
	} else if (!event_value_text(class, 0)) {
		fputs("\t\tuint14_t unused_arg;\n", out);
	} else {
		fputs("\t\tenum : uint8_t { ", out);
		for (unsigned value = 0; (word = event_value_text(class, value)); value++) {
			fprintf(out, "%s\"%s\" = %u", comma, word, value);
			comma = ", ";
		}
		fprintf(out, " } %s;\n", arg_name(class));
		if (class == AW_FIELD_TEXT)
			fputs("\t\tuint5_t used;\n\t\tuint1_t more;\n", out);
		else if (class == AW_FIELD_LOCK)
			fputs("\t\tuint6_t permits;\n", out);
		else
			fprintf(out, "\t\tuint5_t unused_arg;\n\t\tuint1_t %s;\n",
			        deadline ? deadline : "unused_bit");
	}
	fputs("\t\tuint2_t flags;\n", out);
}

static void write_event(FILE *out, unsigned kind, const struct event_kind *row)
{
	fprintf(out, "\nevent {\n\tname = \"%s\";\n\tid = %u;\n\tstream_id = 0;\n", row->text,
	        kind);
	fputs("\tfields := struct {\n", out);
	write_arg(out, kind, row->arg);
	fprintf(out, "\t\tuint32_t %s;\n", kind == AW_SITE ? "line" : "task");
	if (kind == AW_TEXT)
		fputs("\t\tutf8_t text[16];\n", out);
	else
		fprintf(out, "\t\t%s;\n\t\t%s;\n", object_name(row->object), site_name(row->site));
	fputs("\t};\n};\n", out);
}

void ctf_metadata_write(FILE *out, const uint8_t uuid[16], uint64_t offset)
{
	fputs(head, out);
	fputs("trace {\n\tmajor = 1;\n\tminor = 8;\n\tuuid = \"", out);
	for (int i = 0; i < 16; i++)
		fprintf(out, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", uuid[i]);
	fputs("\";\n\tbyte_order = le;\n\tpacket.header := struct {\n\t\tuint32_t magic;\n"
	      "\t\tuint8_t uuid[16];\n\t\tuint32_t stream_id;\n\t};\n};\n\n",
	      out);
	fprintf(out,
	        "env {\n\tawaitness_format = %u;\n\ttracer_name = \"awaitness\";\n"
	        "\ttracer_version = \"%s\";\n};\n\n",
	        CTF_FORMAT, AWAITNESS_VERSION);
	fprintf(out,
	        "clock {\n\tname = \"monotonic\";\n\tfreq = 1000000000;\n"
	        "\toffset_s = %" PRIu64 ";\n\toffset = %" PRIu64 ";\n};\n\n",
	        offset / 1000000000, offset % 1000000000);
	fputs(layout, out);
	for (unsigned kind = 1; kind < AW_KIND_MAX; kind++)
		if (event_kind_get(kind))
			write_event(out, kind, event_kind_get(kind));
	fputs("\n/* end */\n", out);
}

/* What follows `key` in the text, or NULL. */
static const char *value_of(const char *text, size_t size, const char *key)
{
	const char *found = memmem(text, size, key, strlen(key));

	return found ? found + strlen(key) : NULL;
}

static bool parse_uuid(const char *at, const char *end, uint8_t uuid[16])
{
	for (int i = 0; i < 16; i++) {
		char digits[3] = {0};
		char *stop;

		if (i == 4 || i == 6 || i == 8 || i == 10)
			at++;
		if (end - at < 2)
			return false;
		memcpy(digits, at, 2);
		uuid[i] = (uint8_t)strtoul(digits, &stop, 16);
		if (stop != digits + 2)
			return false;
		at += 2;
	}
	return true;
}

int ctf_metadata_check(const char *text, size_t size, const char *path, uint8_t uuid[16],
                       struct fault *fault)
{
	static const char first[] = "/* CTF 1.8 */", last[] = "/* end */\n";
	const char *format = value_of(text, size, "awaitness_format = ");
	const char *id = value_of(text, size, "uuid = \"");
	const char *end = text + size;
	char shown[160];
	unsigned number = 0;

	escape_string(shown, sizeof(shown), path);
	if (size < sizeof(first) - 1 || memcmp(text, first, sizeof(first) - 1) != 0 || !format)
		return fault_set(fault, -EPROTO, "%s is not a trace of awaitness", shown);
	for (; format < end && *format >= '0' && *format <= '9' && number < 10000; format++)
		number = 10 * number + (unsigned)(*format - '0');
	if (number > CTF_FORMAT)
		return fault_set(fault, -EPROTONOSUPPORT,
		                 "%s was written by a newer version of awaitness (format %u, "
		                 "this one reads %u)",
		                 shown, number, CTF_FORMAT);
	if (number == 0 || !id || !parse_uuid(id, end, uuid) || size < sizeof(last) ||
	    memcmp(end - (sizeof(last) - 1), last, sizeof(last) - 1) != 0)
		return fault_set(fault, -EBADMSG, "%s is damaged: its metadata is not whole",
		                 shown);
	return 0;
}
