// SPDX-License-Identifier: BSD-2-Clause
/*
 * bpf_uses.c - which helpers, kinds of maps and programs, functions of the kernel and new
 * instructions our BPF objects use, as they were compiled, held against feature_need.h.
 *
 *	bpf_uses [--all] OBJECT.bpf.o...
 *
 * Prints one line for each use and its row; on stderr what is wrong, with exit status 1: a use
 * without a row, one that would not run on the oldest kernel we promise, one whose row is not asked
 * for by those who load the object, and, with --all, a row that no object uses.
 */
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <gelf.h>
#include <libelf.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/feature_need.h"

/* The oldest kernel that is promised. */
enum { FLOOR_MAJOR = 6, FLOOR_MINOR = 1, USES_MAX = 256 };

struct use {
	enum feature_need_kind kind;
	int id;
	char name[64];
};

struct uses {
	struct use at[USES_MAX];
	size_t count;
};

static int failed;

#define COMPLAIN(...) (failed = 1, fprintf(stderr, __VA_ARGS__))

static void use_add(struct uses *uses, enum feature_need_kind kind, int id, const char *name)
{
	for (size_t i = 0; i < uses->count; i++)
		if (uses->at[i].kind == kind && uses->at[i].id == id &&
		    !strcmp(uses->at[i].name, name))
			return;
	if (uses->count == USES_MAX) {
		COMPLAIN("bpf_uses: more than %d uses\n", USES_MAX);
		return;
	}
	uses->at[uses->count].kind = kind;
	uses->at[uses->count].id = id;
	snprintf(uses->at[uses->count++].name, sizeof(uses->at[0].name), "%s", name);
}

static void helper_use(struct uses *uses, int id)
{
#ifdef ___BPF_FUNC_MAPPER /* since Linux 6.2 the list has no commas of its own */
#define NAME(name, ...) [BPF_FUNC_##name] = "bpf_" #name,
#else
#define NAME(name) [BPF_FUNC_##name] = "bpf_" #name
#endif
	static const char *const names[] = {__BPF_FUNC_MAPPER(NAME)};
#undef NAME
	char number[16];

	snprintf(number, sizeof(number), "number %d", id);
	use_add(uses, FEATURE_NEED_HELPER, id,
	        id >= 0 && (size_t)id < sizeof(names) / sizeof(names[0]) && names[id] ? names[id]
	                                                                              : number);
}

/* Instructions that kernels had to learn after 5.1: the compiler is told not to use those of its
 * level v4, so one of these shows that it was told otherwise. */
static void instruction_use(struct uses *uses, const struct bpf_insn *code)
{
	enum { MEMSX = 0x80, JUMP_FAR = 0x06, BYTE_SWAP = 0xd7, MAY_GOTO = 0xe5 };
	unsigned class = BPF_CLASS(code->code), mode = BPF_MODE(code->code);
	char name[32];

	if (class == BPF_STX && mode == BPF_ATOMIC && code->imm != BPF_ADD)
		use_add(uses, FEATURE_NEED_INSTRUCTION, BPF_STX | BPF_ATOMIC | BPF_DW,
		        "atomic operation that gives the value back");
	if (!(class == BPF_LDX && mode == MEMSX) && code->code != JUMP_FAR &&
	    code->code != BYTE_SWAP && code->code != MAY_GOTO)
		return;
	snprintf(name, sizeof(name), "opcode 0x%02x", code->code);
	use_add(uses, FEATURE_NEED_INSTRUCTION, code->code, name);
}

/* A call of another function of ours has src_reg 1, and so has one of the kernel's, which is told
 * by its relocation. */
static void code_read(struct uses *uses, const Elf_Data *data)
{
	const struct bpf_insn *code = data->d_buf;

	for (size_t i = 0; i < data->d_size / sizeof(*code); i++) {
		if (code[i].code == (BPF_JMP | BPF_CALL) && !code[i].src_reg)
			helper_use(uses, code[i].imm);
		instruction_use(uses, &code[i]);
		i += code[i].code == (BPF_LD | BPF_IMM | BPF_DW); /* takes two places */
	}
}

/* What is named in code and defined nowhere in the object is to come from outside of it. */
static void relocations_read(struct uses *uses, Elf *elf, const GElf_Shdr *header, Elf_Data *data)
{
	GElf_Shdr symbols_header;
	Elf_Scn *symbols = elf_getscn(elf, header->sh_link);
	Elf_Data *table = symbols ? elf_getdata(symbols, NULL) : NULL;

	if (!table || !gelf_getshdr(symbols, &symbols_header))
		return;
	for (int i = 0; i < (int)(header->sh_size / header->sh_entsize); i++) {
		GElf_Rel relocation;
		GElf_Sym symbol;
		const char *name;

		if (!gelf_getrel(data, i, &relocation) ||
		    !gelf_getsym(table, (int)GELF_R_SYM(relocation.r_info), &symbol) ||
		    symbol.st_shndx != SHN_UNDEF)
			continue;
		name = elf_strptr(elf, symbols_header.sh_link, symbol.st_name);
		use_add(uses, FEATURE_NEED_EXTERN, 0, name ? name : "?");
	}
}

static bool section_is_code(Elf *elf, size_t index)
{
	GElf_Shdr header;
	Elf_Scn *section = elf_getscn(elf, index);

	return section && gelf_getshdr(section, &header) && header.sh_flags & SHF_EXECINSTR &&
	       header.sh_size;
}

static bool code_uses(const char *path, struct uses *uses)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf *elf = fd >= 0 ? elf_begin(fd, ELF_C_READ, NULL) : NULL;
	Elf_Scn *section = NULL;
	size_t names, programs = 0;

	if (elf && elf_getshdrstrndx(elf, &names))
		names = 0;
	while (elf && (section = elf_nextscn(elf, section))) {
		GElf_Shdr header;
		Elf_Data *data = elf_getdata(section, NULL);
		const char *name;

		if (!data || !gelf_getshdr(section, &header))
			continue;
		if (header.sh_type == SHT_REL && section_is_code(elf, header.sh_info))
			relocations_read(uses, elf, &header, data);
		if (!section_is_code(elf, elf_ndxscn(section)))
			continue;
		code_read(uses, data);
		name = elf_strptr(elf, names, header.sh_name);
		if (!name || !strcmp(name, ".text"))
			continue;
		use_add(uses, FEATURE_NEED_SECTION, 0, name + (*name == '?'));
		programs++;
	}
	elf_end(elf);
	if (fd >= 0)
		close(fd);
	return programs;
}

static bool map_uses(const char *path, struct uses *uses)
{
	struct bpf_object *object = bpf_object__open_file(path, NULL);
	struct bpf_map *map;

	if (!object)
		return false;
	bpf_object__for_each_map(map, object)
	{
		char name[16];

		snprintf(name, sizeof(name), "%d", (int)bpf_map__type(map));
		use_add(uses, FEATURE_NEED_MAP, (int)bpf_map__type(map), name);
	}
	bpf_object__close(object);
	return true;
}

static const struct feature_need *need_of(const struct use *use)
{
	bool by_name = use->kind == FEATURE_NEED_SECTION || use->kind == FEATURE_NEED_EXTERN;

	for (size_t i = 0; i < feature_need_count; i++)
		if (feature_needs[i].kind == use->kind &&
		    (by_name ? !strcmp(feature_needs[i].name, use->name)
		             : feature_needs[i].id == use->id))
			return &feature_needs[i];
	return NULL;
}

static bool newer_than_floor(const struct feature_need *need)
{
	return need->major > FLOOR_MAJOR ||
	       (need->major == FLOOR_MAJOR && need->minor > FLOOR_MINOR);
}

/* Whoever loads the object asks for the rows that are required; for CPython's, only CPython. */
static void use_judge(const char *object, const struct use *use, const struct feature *rows,
                      bool *used)
{
	const struct feature_need *need = need_of(use);
	const char *kind = feature_need_text(use->kind);
	const struct feature *row;

	if (!need) {
		COMPLAIN("%s uses %s %s, which has no row in tracer/kernel/feature_need.c\n",
		         object, kind, use->name);
		return;
	}
	used[need - feature_needs] = true;
	row = &rows[need->row];
	printf("%s\t%s %s\tLinux %u.%u\t%s\n", object, kind, need->name, need->major, need->minor,
	       row->name);
	if (row->python && newer_than_floor(need))
		COMPLAIN("%s uses %s %s, which came with Linux %u.%u, and cannot do without\n",
		         object, kind, need->name, need->major, need->minor);
	if (row->python && !row->required && strcmp(object, "cpython") != 0)
		COMPLAIN("%s uses %s %s, whose row %s is asked for by CPython alone\n", object,
		         kind, need->name, row->name);
}

static void object_judge(const char *path, const struct feature *rows, bool *used)
{
	const char *base = strrchr(path, '/');
	struct uses uses = {0};
	char object[64];

	snprintf(object, sizeof(object), "%s", base ? base + 1 : path);
	object[strcspn(object, ".")] = 0;
	if (!code_uses(path, &uses) || !map_uses(path, &uses)) {
		COMPLAIN("%s is no BPF object\n", path);
		return;
	}
	for (size_t i = 0; i < uses.count; i++)
		use_judge(object, &uses.at[i], rows, used);
}

int main(int argc, char **argv)
{
	bool all = argc > 1 && !strcmp(argv[1], "--all");
	struct feature rows[FEATURE_COUNT];
	bool *used;

	if (argc < 2 + all || elf_version(EV_CURRENT) == EV_NONE) {
		fprintf(stderr, "usage: bpf_uses [--all] OBJECT.bpf.o...\n");
		return 2;
	}
	used = calloc(feature_need_count, sizeof(*used));
	if (!used)
		return 3;
	features_probe(rows); /* for what the rows are, not for what is here */
	for (int i = 1 + all; i < argc; i++)
		object_judge(argv[i], rows, used);
	for (size_t i = 0; all && i < feature_need_count; i++)
		if (!used[i])
			COMPLAIN("no program uses %s %s, which has a row\n",
			         feature_need_text(feature_needs[i].kind), feature_needs[i].name);
	free(used);
	return failed;
}
