/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * elf_sites.c - USDT notes and the code they point to, through libelf.
 *
 * A note (<sys/sdt.h>, systemtap-sdt-dev 4.8) has three addresses: of the place, of the section
 * .stapsdt.base when the file was linked, and of the semaphore; then provider, name and arguments.
 * Where a prelinker has moved the file, that section tells by how much.
 */
#include "elf_sites.h"

#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

enum { NOTE_STAPSDT = 3, CODE = 16 };

struct search {
	int fd;
	Elf *elf;
	uint64_t base; /* of .stapsdt.base, 0: there is none */
	const char *provider, *probe;
	elf_site_fn fn;
	void *context;
};

static int code_tell(int fd, uint64_t offset, elf_site_fn fn, void *context)
{
	uint8_t code[CODE];
	ssize_t size = pread(fd, code, sizeof(code), (off_t)offset);

	return fn(context, code, size > 0 ? (size_t)size : 0);
}

/* Where an address lies in the file. False: nowhere. */
static bool address_place(Elf *elf, uint64_t address, uint64_t *offset)
{
	size_t count;

	if (elf_getphdrnum(elf, &count))
		return false;
	for (size_t i = 0; i < count; i++) {
		GElf_Phdr header;

		if (!gelf_getphdr(elf, (int)i, &header) || header.p_type != PT_LOAD ||
		    address < header.p_vaddr || address - header.p_vaddr >= header.p_filesz)
			continue;
		*offset = header.p_offset + (address - header.p_vaddr);
		return true;
	}
	return false;
}

/* Is this text (with its end before `end`) the one that is looked for? */
static bool text_is(const char *text, const char *end, const char *wanted)
{
	return text < end && memchr(text, 0, (size_t)(end - text)) && !strcmp(text, wanted);
}

static int note_take(const struct search *search, const char *desc, size_t size)
{
	const char *end = desc + size, *provider = desc + 3 * sizeof(uint64_t);
	uint64_t addresses[3], offset;

	if (size <= sizeof(addresses) || !text_is(provider, end, search->provider) ||
	    !text_is(provider + strlen(provider) + 1, end, search->probe))
		return 0;
	memcpy(addresses, desc, sizeof(addresses));
	if (search->base && addresses[1])
		addresses[0] += search->base - addresses[1];
	if (!address_place(search->elf, addresses[0], &offset))
		return 0;
	return code_tell(search->fd, offset, search->fn, search->context);
}

static int notes_take(const struct search *search, Elf_Data *data)
{
	size_t name, desc, at = 0, next;
	GElf_Nhdr note;
	int code = 0;

	while (!code && at < data->d_size &&
	       (next = gelf_getnote(data, at, &note, &name, &desc)) > 0) {
		const char *start = data->d_buf;

		if (note.n_type == NOTE_STAPSDT && note.n_namesz == sizeof("stapsdt") &&
		    !memcmp(start + name, "stapsdt", sizeof("stapsdt")))
			code = note_take(search, start + desc, note.n_descsz);
		at = next;
	}
	return code;
}

static void base_find(struct search *search)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	size_t names;

	if (elf_getshdrstrndx(search->elf, &names))
		return;
	while ((section = elf_nextscn(search->elf, section))) {
		const char *name = gelf_getshdr(section, &header)
		                           ? elf_strptr(search->elf, names, header.sh_name)
		                           : NULL;

		if (name && !strcmp(name, ".stapsdt.base"))
			search->base = header.sh_addr;
	}
}

static int sections_take(struct search *search)
{
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	int code = 0;

	base_find(search);
	while (!code && (section = elf_nextscn(search->elf, section))) {
		Elf_Data *data;

		if (!gelf_getshdr(section, &header) || header.sh_type != SHT_NOTE)
			continue;
		data = elf_getdata(section, NULL);
		if (data && data->d_buf)
			code = notes_take(search, data);
	}
	return code;
}

static int file_open(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

int elf_sites(const char *path, const char *provider, const char *probe, elf_site_fn fn,
              void *context)
{
	struct search search = {.provider = provider, .probe = probe, .fn = fn, .context = context};
	int code = -ENOEXEC;

	search.fd = file_open(path);
	if (search.fd < 0)
		return search.fd;
	elf_version(EV_CURRENT);
	search.elf = elf_begin(search.fd, ELF_C_READ, NULL);
	if (search.elf && elf_kind(search.elf) == ELF_K_ELF &&
	    gelf_getclass(search.elf) == ELFCLASS64)
		code = sections_take(&search);
	elf_end(search.elf);
	close(search.fd);
	return code;
}

int elf_site_at(const char *path, uint64_t offset, elf_site_fn fn, void *context)
{
	int code, fd = file_open(path);

	if (fd < 0)
		return fd;
	code = code_tell(fd, offset, fn, context);
	close(fd);
	return code;
}
