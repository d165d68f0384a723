/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * io_dns.h - resolving a name as a part of another call.
 */
#ifndef RUNTIME_IO_DNS_H
#define RUNTIME_IO_DNS_H

#include "io_wait.h"

struct addrinfo;

/** aw_resolve, within `call`. */
int io_resolve(const char *host, const char *service, const struct addrinfo *hints,
               struct io_call *call, struct addrinfo **out);

#endif
