// SPDX-License-Identifier: BSD-2-Clause
/*
 * elf_module.c - notes, sections and symbols of one ELF file, through libelf.
 *
 * The layout of a USDT note is from <sys/sdt.h> (systemtap-sdt-dev 4.8): three
 * addresses, then provider, name and arguments as strings.
 */
#include "elf_module.h"

#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <awaitness/event.h>
#include <awaitness/inspect.h>

#include "event/event_table.h"
#include "base/plain_file.h"

#define NOTE_STAPSDT 3
#define SECTION_MAX  (64u << 20) /* bytes of notes, or of symbols, that are read */

bool elf_module_probe_name(unsigned kind, char *name, size_t size)
{
	const struct event_kind *row = event_kind_get(kind);

	if (!row)
		return false;
	snprintf(name, size, "%s", row->text);
	for (char *c = name; *c; c++)
		if (*c == '-')
			*c = '_';
	return true;
}

/* The event kind of a probe name (KIND with '_' for '-'), 0: none. */
static unsigned kind_of_probe(const char *name)
{
	char text[32];
	size_t i;

	for (i = 0; i < sizeof(text) && name[i]; i++)
		text[i] = name[i] == '_' ? '-' : name[i];
	return i < sizeof(text) ? event_kind_find(text, i) : 0;
}

/* One stapsdt note's description. */
static void note_take(struct elf_module *out, const char *desc, size_t size)
{
	const char *provider = desc + 3 * sizeof(uint64_t);
	const char *name, *end = desc + size;
	unsigned kind;

	if (size <= 3 * sizeof(uint64_t) || !memchr(provider, 0, end - provider))
		return;
	name = provider + strlen(provider) + 1;
	if (name >= end || !memchr(name, 0, end - name) || strcmp(provider, "awaitness"))
		return;
	if (!strcmp(name, "log_ship"))
		out->log = true;
	kind = kind_of_probe(name);
	if (kind)
		out->kinds |= 1ull << kind;
}

static void build_id_take(struct elf_module *out, const unsigned char *desc, size_t size)
{
	if (size > ELF_MODULE_BUILD_ID / 2)
		size = ELF_MODULE_BUILD_ID / 2;
	for (size_t i = 0; i < size; i++)
		sprintf(out->build_id + 2 * i, "%02x", desc[i]);
}

static void notes_read(struct elf_module *out, Elf_Data *data)
{
	size_t name, desc, at = 0, next;
	GElf_Nhdr note;

	while (at < data->d_size && (next = gelf_getnote(data, at, &note, &name, &desc)) > 0) {
		const char *base = data->d_buf;

		if (note.n_type == NOTE_STAPSDT && note.n_namesz == sizeof("stapsdt") &&
		    !memcmp(base + name, "stapsdt", sizeof("stapsdt")))
			note_take(out, base + desc, note.n_descsz);
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof("GNU") &&
		    !memcmp(base + name, "GNU", sizeof("GNU")))
			build_id_take(out, (const unsigned char *)base + desc, note.n_descsz);
		at = next;
	}
}

static void symbols_read(struct elf_module *out, Elf *elf, const GElf_Shdr *header, Elf_Data *data)
{
	size_t count = header->sh_entsize ? data->d_size / header->sh_entsize : 0;

	for (size_t i = 0; i < count && !out->cpython; i++) {
		const char *name;
		GElf_Sym symbol;

		if (!gelf_getsym(data, i, &symbol) || symbol.st_shndx == SHN_UNDEF)
			continue;
		name = elf_strptr(elf, header->sh_link, symbol.st_name);
		out->cpython = name && !strcmp(name, "_PyRuntime");
	}
}

static void sections_read(struct elf_module *out, Elf *elf)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return;
	while ((section = elf_nextscn(elf, section))) {
		GElf_Shdr header;
		const char *name;
		Elf_Data *data;

		if (!gelf_getshdr(section, &header))
			continue;
		name = elf_strptr(elf, names, header.sh_name);
		if (name && !strcmp(name, AW_ROOT_SECTION) &&
		    header.sh_size >= sizeof(struct aw_root))
			out->root = header.sh_addr;
		if ((header.sh_type != SHT_NOTE && header.sh_type != SHT_DYNSYM) ||
		    header.sh_size > SECTION_MAX)
			continue;
		data = elf_getdata(section, NULL);
		if (data && data->d_buf && header.sh_type == SHT_NOTE)
			notes_read(out, data);
		else if (data && data->d_buf)
			symbols_read(out, elf, &header, data);
	}
}

static void segments_read(struct elf_module *out, Elf *elf)
{
	size_t count;

	if (elf_getphdrnum(elf, &count))
		return;
	for (size_t i = 0; i < count && out->segment_count < ELF_MODULE_SEGMENTS; i++) {
		GElf_Phdr header;

		if (!gelf_getphdr(elf, i, &header) || header.p_type != PT_LOAD)
			continue;
		out->segments[out->segment_count++] = (struct elf_segment){
			.offset = header.p_offset,
			.size = header.p_filesz,
			.address = header.p_vaddr,
		};
	}
}

/* libelf makes room for as many sections as the first one may say there are, and reads a section as
 * a whole: what no module has is not asked of it. */
static bool head_possible(int fd)
{
	Elf64_Ehdr head;

	if (pread(fd, &head, sizeof(head), 0) != sizeof(head))
		return false;
	return !memcmp(head.e_ident, ELFMAG, SELFMAG) && (head.e_shnum || !head.e_shoff);
}

int elf_module_read(const char *path, struct elf_module *out)
{
	int fd = plain_file_open(path);
	Elf *elf;

	memset(out, 0, sizeof(*out));
	if (fd < 0)
		return fd == -EINVAL ? -ENOEXEC : fd;
	if (!head_possible(fd)) {
		close(fd);
		return -ENOEXEC;
	}
	elf_version(EV_CURRENT);
	elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!elf || elf_kind(elf) != ELF_K_ELF || gelf_getclass(elf) != ELFCLASS64) {
		elf_end(elf);
		close(fd);
		return -ENOEXEC;
	}
	segments_read(out, elf);
	sections_read(out, elf);
	elf_end(elf);
	close(fd);
	return 0;
}

uint64_t elf_module_bias(const struct elf_module *module, uint64_t start, uint64_t offset)
{
	for (size_t i = 0; i < module->segment_count; i++) {
		const struct elf_segment *s = &module->segments[i];
		uint64_t page = s->offset & ~0xfffull;

		if (offset >= page && offset < s->offset + s->size)
			return start - (s->address - s->offset + offset);
	}
	return start - offset;
}
