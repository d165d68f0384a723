/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * elf_sites.h - the places of a USDT probe in an ELF file, with the code that stands there.
 *
 * It is the file's code that counts: the kernel decides by it what a uprobe becomes. The file is
 * untrusted: a note that does not make sense is as if it were not there.
 */
#ifndef TRACER_ELF_SITES_H
#define TRACER_ELF_SITES_H

#include <stddef.h>
#include <stdint.h>

/** The code at a place, up to 16 bytes of it, 0 where the file has none there. Not 0 ends the
 * search. */
typedef int (*elf_site_fn)(void *context, const uint8_t *code, size_t size);

/** Calls `fn` for each place of `provider`:`probe`. Returns 0, what `fn` returned, -ENOEXEC (not an
 * ELF file of this machine's word size) or another negative errno. */
int elf_sites(const char *path, const char *provider, const char *probe, elf_site_fn fn,
              void *context);

/** Calls `fn` for the code at `offset` (bytes) of the file. Returns as elf_sites does. */
int elf_site_at(const char *path, uint64_t offset, elf_site_fn fn, void *context);

#endif
