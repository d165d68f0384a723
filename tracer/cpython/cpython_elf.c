/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * cpython_elf.c - an ELF file: its headers, symbols, functions and bytes (cpython_elf.h).
 *
 * Any user can run a program with a file of his making, and root attach to it.
 * What a header says is taken only where it can be: in the file, aligned, at
 * addresses that do not run over. That a search goes forwards, and so ends,
 * rests on this. How much is searched in all is bounded, too: headers that name
 * the same bytes a thousand times are possible.
 */
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cpython_elf.h"
#include "base/plain_file.h"

struct function_entry { /* of .eh_frame_hdr's table; both relative to the header */
	int32_t start;
	int32_t description;
};

enum {
	FILE_MAX = 1 << 29,
	SEGMENTS_MAX = 64,
	SECTIONS_MAX = 4096,
	ADDRESS_BITS = 47, /* of a process's own half (Documentation/arch/x86/x86_64/mm.rst) */
	WORK = 1 << 30,    /* bytes looked at: twenty times what an interpreter takes, */
	WORK_SHARE = 8     /* and this many times the file */
};

struct cpython_elf {
	const uint8_t *map;
	size_t size;
	uint64_t *work; /* bytes that may still be looked at; a number of its own, since looking
	                 * changes nothing else */
	const Elf64_Phdr *segments;
	size_t segment_count;
	const Elf64_Shdr *sections;
	size_t section_count;
	const char *section_names;
	size_t section_names_size;
	const Elf64_Sym *symbols;
	size_t symbol_count;
	const char *strings;
	size_t strings_size;
	uint64_t functions_base; /* ELF address of .eh_frame_hdr */
	const struct function_entry *functions;
	size_t function_count;
};

static const void *file_range(const struct cpython_elf *elf, uint64_t offset, uint64_t size)
{
	if (offset > elf->size || size > elf->size - offset)
		return NULL;
	return elf->map + offset;
}

static const char *section_name(const struct cpython_elf *elf, const Elf64_Shdr *section)
{
	if (section->sh_name >= elf->section_names_size)
		return "";
	return elf->section_names + section->sh_name;
}

static const Elf64_Shdr *section_find(const struct cpython_elf *elf, const char *name)
{
	for (size_t i = 0; i < elf->section_count; i++)
		if (!strcmp(section_name(elf, &elf->sections[i]), name))
			return &elf->sections[i];
	return NULL;
}

/* The same, of things of which each begins at a multiple of `align`. */
static const void *file_array(const struct cpython_elf *elf, uint64_t offset, uint64_t size,
                              size_t align)
{
	return offset % align ? NULL : file_range(elf, offset, size);
}

/* Takes note that so much is looked at now. False: it was enough. */
static bool work_take(const struct cpython_elf *elf, uint64_t bytes)
{
	if (*elf->work < bytes) {
		*elf->work = 0;
		return false;
	}
	*elf->work -= bytes;
	return true;
}

static bool is_address(uint64_t start, uint64_t size)
{
	return start < 1ull << ADDRESS_BITS && size <= (1ull << ADDRESS_BITS) - start;
}

static bool segments_possible(const struct cpython_elf *elf)
{
	for (size_t i = 0; i < elf->segment_count; i++) {
		const Elf64_Phdr *s = &elf->segments[i];

		if (s->p_type == PT_LOAD &&
		    (!is_address(s->p_vaddr, s->p_memsz) || s->p_filesz > s->p_memsz ||
		     !file_range(elf, s->p_offset, s->p_filesz)))
			return false;
	}
	return true;
}

static bool sections_possible(const struct cpython_elf *elf)
{
	for (size_t i = 0; i < elf->section_count; i++)
		if (!is_address(elf->sections[i].sh_addr, elf->sections[i].sh_size))
			return false;
	return true;
}

/* False: it says what cannot be. */
static bool headers_read(struct cpython_elf *elf)
{
	const Elf64_Ehdr *head = (const void *)elf->map;
	const Elf64_Shdr *names;

	if (head->e_phnum > SEGMENTS_MAX || head->e_shnum > SECTIONS_MAX)
		return false;
	elf->segments =
		file_array(elf, head->e_phoff, (uint64_t)head->e_phnum * sizeof(Elf64_Phdr), 8);
	elf->segment_count = elf->segments ? head->e_phnum : 0;
	if (!segments_possible(elf))
		return false;
	elf->sections =
		file_array(elf, head->e_shoff, (uint64_t)head->e_shnum * sizeof(Elf64_Shdr), 8);
	if (!elf->sections || head->e_shstrndx >= head->e_shnum)
		return true;
	names = &elf->sections[head->e_shstrndx];
	elf->section_names = file_range(elf, names->sh_offset, names->sh_size);
	if (!elf->section_names || !names->sh_size || elf->section_names[names->sh_size - 1])
		return true;
	elf->section_names_size = names->sh_size;
	elf->section_count = head->e_shnum;
	return sections_possible(elf);
}

static void symbols_read(struct cpython_elf *elf)
{
	const Elf64_Shdr *section = section_find(elf, ".dynsym"), *strings;

	if (!section || section->sh_link >= elf->section_count)
		return;
	strings = &elf->sections[section->sh_link];
	elf->strings = file_range(elf, strings->sh_offset, strings->sh_size);
	elf->symbols = file_array(elf, section->sh_offset, section->sh_size, 8);
	if (!elf->strings || !elf->symbols || !strings->sh_size ||
	    elf->strings[strings->sh_size - 1])
		return;
	elf->strings_size = strings->sh_size;
	elf->symbol_count = section->sh_size / sizeof(Elf64_Sym);
}

/* .eh_frame_hdr: version 1, encodings, pointer to .eh_frame, count, sorted table (LSB, ch. 10.6.2).
 */
static void functions_read(struct cpython_elf *elf)
{
	const Elf64_Shdr *section = section_find(elf, ".eh_frame_hdr");
	const uint8_t *head;
	uint32_t count;

	if (!section || section->sh_size < 12)
		return;
	head = file_array(elf, section->sh_offset, section->sh_size, 4);
	/* udata4 count; table of sdata4 relative to the header */
	if (!head || head[0] != 1 || head[2] != 0x03 || head[3] != 0x3b)
		return;
	memcpy(&count, head + 8, sizeof(count));
	if (count > (section->sh_size - 12) / sizeof(struct function_entry))
		return;
	elf->functions_base = section->sh_addr;
	elf->functions = (const void *)(head + 12);
	elf->function_count = count;
}

/* Maps a copy of the file that its owner cannot cut short. */
static int file_map(const char *path, struct cpython_elf *elf)
{
	int file = plain_file_open(path), copy;
	struct stat status;
	void *map;

	if (file < 0)
		return file == -EINVAL ? -ENOEXEC : file;
	copy = plain_file_copy(file, FILE_MAX);
	close(file);
	if (copy < 0)
		return copy;
	if (fstat(copy, &status) || status.st_size < (off_t)sizeof(Elf64_Ehdr)) {
		close(copy);
		return -ENOEXEC;
	}
	map = mmap(NULL, status.st_size, PROT_READ, MAP_PRIVATE, copy, 0);
	close(copy);
	if (map == MAP_FAILED)
		return -ENOMEM;
	elf->map = map;
	elf->size = status.st_size;
	return 0;
}

static int file_read(struct cpython_elf *elf)
{
	const Elf64_Ehdr *head = (const void *)elf->map;

	if (memcmp(head->e_ident, ELFMAG, SELFMAG) || head->e_ident[EI_CLASS] != ELFCLASS64 ||
	    head->e_ident[EI_DATA] != ELFDATA2LSB || head->e_machine != EM_X86_64 ||
	    head->e_phentsize != sizeof(Elf64_Phdr) ||
	    (head->e_shnum && head->e_shentsize != sizeof(Elf64_Shdr)) || !headers_read(elf))
		return -ENOEXEC;
	symbols_read(elf);
	functions_read(elf);
	return 0;
}

int cpython_elf_open(const char *path, struct cpython_elf **out)
{
	struct cpython_elf *elf = calloc(1, sizeof(*elf));
	int error = elf ? 0 : -ENOMEM;

	*out = NULL;
	if (elf)
		elf->work = malloc(sizeof(*elf->work));
	if (!elf || !elf->work)
		error = -ENOMEM;
	if (!error)
		error = file_map(path, elf);
	if (!error)
		*elf->work = WORK + WORK_SHARE * (uint64_t)elf->size;
	if (!error)
		error = file_read(elf);
	if (error) {
		cpython_elf_close(elf);
		return error;
	}
	*out = elf;
	return 0;
}

void cpython_elf_close(struct cpython_elf *elf)
{
	if (!elf)
		return;
	if (elf->map)
		munmap((void *)elf->map, elf->size);
	free(elf->work);
	free(elf);
}

static bool symbol_named(const struct cpython_elf *elf, const Elf64_Sym *symbol, const char *name)
{
	return symbol->st_name < elf->strings_size && !strcmp(elf->strings + symbol->st_name, name);
}

uint64_t cpython_elf_symbol(const struct cpython_elf *elf, const char *name)
{
	if (!work_take(elf, elf->symbol_count * sizeof(Elf64_Sym)))
		return 0;
	for (size_t i = 0; i < elf->symbol_count; i++)
		if (elf->symbols[i].st_shndx != SHN_UNDEF &&
		    symbol_named(elf, &elf->symbols[i], name))
			return elf->symbols[i].st_value;
	return 0;
}

bool cpython_elf_exported(const struct cpython_elf *elf, uint64_t address)
{
	if (!work_take(elf, elf->symbol_count * sizeof(Elf64_Sym)))
		return false;
	for (size_t i = 0; i < elf->symbol_count; i++)
		if (elf->symbols[i].st_shndx != SHN_UNDEF && elf->symbols[i].st_value == address)
			return true;
	return false;
}

uint64_t cpython_elf_slot(const struct cpython_elf *elf, const char *name)
{
	for (size_t i = 0; i < elf->section_count; i++) {
		const Elf64_Shdr *section = &elf->sections[i];
		const Elf64_Rela *rows = file_array(elf, section->sh_offset, section->sh_size, 8);

		if (section->sh_type != SHT_RELA || !(section->sh_flags & SHF_ALLOC) || !rows ||
		    !work_take(elf, section->sh_size))
			continue;
		for (size_t j = 0; j < section->sh_size / sizeof(*rows); j++) {
			uint64_t symbol = ELF64_R_SYM(rows[j].r_info);
			uint32_t type = ELF64_R_TYPE(rows[j].r_info);

			if ((type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT) &&
			    symbol < elf->symbol_count &&
			    symbol_named(elf, &elf->symbols[symbol], name))
				return rows[j].r_offset;
		}
	}
	return 0;
}

bool cpython_elf_text(const struct cpython_elf *elf, size_t *i, struct cpython_elf_text *out)
{
	for (; *i < elf->section_count; (*i)++) {
		const Elf64_Shdr *section = &elf->sections[*i];

		if (section->sh_type != SHT_PROGBITS || !(section->sh_flags & SHF_EXECINSTR))
			continue;
		out->bytes = file_range(elf, section->sh_offset, section->sh_size);
		if (!out->bytes || section->sh_size < 8 || !work_take(elf, section->sh_size))
			continue;
		out->address = section->sh_addr;
		out->size = section->sh_size;
		(*i)++;
		return true;
	}
	return false;
}

static size_t function_index(const struct cpython_elf *elf, uint64_t address)
{
	size_t low = 0, high = elf->function_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (elf->functions_base + (int64_t)elf->functions[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

uint64_t cpython_elf_function(const struct cpython_elf *elf, uint64_t address)
{
	size_t i = function_index(elf, address);

	return i ? elf->functions_base + (int64_t)elf->functions[i - 1].start : 0;
}

uint64_t cpython_elf_function_end(const struct cpython_elf *elf, uint64_t start)
{
	size_t i = function_index(elf, start);

	return i < elf->function_count ? elf->functions_base + (int64_t)elf->functions[i].start
	                               : start;
}

const uint8_t *cpython_elf_at(const struct cpython_elf *elf, uint64_t address, size_t *left)
{
	for (size_t i = 0; i < elf->segment_count; i++) {
		const Elf64_Phdr *segment = &elf->segments[i];
		const uint8_t *bytes;

		if (segment->p_type != PT_LOAD || address < segment->p_vaddr ||
		    address - segment->p_vaddr >= segment->p_filesz)
			continue;
		bytes = file_range(elf, segment->p_offset, segment->p_filesz);
		if (!bytes)
			return NULL;
		*left = segment->p_filesz - (address - segment->p_vaddr);
		return bytes + (address - segment->p_vaddr);
	}
	return NULL;
}

uint64_t cpython_elf_offset(const struct cpython_elf *elf, uint64_t address)
{
	size_t left;
	const uint8_t *at = cpython_elf_at(elf, address, &left);

	return at ? (uint64_t)(at - elf->map) : 0;
}

uint64_t cpython_elf_find(const struct cpython_elf *elf, const void *bytes, size_t size,
                          bool writable, uint64_t from)
{
	for (size_t i = 0; i < elf->segment_count; i++) {
		const Elf64_Phdr *segment = &elf->segments[i];
		const uint8_t *start, *hit;
		uint64_t skip = 0;

		if (segment->p_type != PT_LOAD || !!(segment->p_flags & PF_W) != writable)
			continue;
		if (from > segment->p_vaddr)
			skip = from - segment->p_vaddr;
		start = file_range(elf, segment->p_offset, segment->p_filesz);
		if (!start || skip >= segment->p_filesz ||
		    !work_take(elf, segment->p_filesz - skip))
			continue;
		hit = memmem(start + skip, segment->p_filesz - skip, bytes, size);
		if (hit)
			return segment->p_vaddr + (hit - start);
	}
	return 0;
}

/* The same among the words that are relocated when the file is loaded. */
static uint64_t pointer_relocated(const struct cpython_elf *elf, uint64_t value, uint64_t from)
{
	uint64_t best = 0;

	for (size_t i = 0; i < elf->section_count; i++) {
		const Elf64_Shdr *section = &elf->sections[i];
		const Elf64_Rela *rows = file_array(elf, section->sh_offset, section->sh_size, 8);

		if (section->sh_type != SHT_RELA || !(section->sh_flags & SHF_ALLOC) || !rows ||
		    !work_take(elf, section->sh_size))
			continue;
		for (size_t j = 0; j < section->sh_size / sizeof(*rows); j++)
			if (ELF64_R_TYPE(rows[j].r_info) == R_X86_64_RELATIVE &&
			    (uint64_t)rows[j].r_addend == value && rows[j].r_offset > from &&
			    (!best || rows[j].r_offset < best))
				best = rows[j].r_offset;
	}
	return best;
}

uint64_t cpython_elf_pointer(const struct cpython_elf *elf, uint64_t value, uint64_t from)
{
	uint64_t relocated = pointer_relocated(elf, value, from), stored = from;

	while ((stored = cpython_elf_find(elf, &value, sizeof(value), true, stored + 1)))
		if (stored % 8 == 0)
			break;
	if (!relocated || !stored)
		return relocated ? relocated : stored;
	return relocated < stored ? relocated : stored;
}

bool cpython_elf_section(const struct cpython_elf *elf, const char *name, uint64_t *address,
                         uint64_t *size)
{
	const Elf64_Shdr *section = section_find(elf, name);

	if (!section)
		return false;
	*address = section->sh_addr;
	*size = section->sh_size;
	return true;
}
