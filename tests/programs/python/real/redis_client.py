# SPDX-License-Identifier: BSD-2-Clause
"""Counts in a real redis-server from many tasks, with a pool: `redis_client.py SOCKET`.

Run by counting.py; it prints what redis has in the end, too.
"""
import asyncio
import sys

from redis import asyncio as redis

import counting
from counting import Truth

TASKS, ROUNDS = 8, 100


class Visits:
    """Reads and writes in redis under a lock of its own, so that nothing is lost."""

    def __init__(self, client):
        self._client = client
        self._lock = asyncio.Lock()
        self.truth = Truth("Visits._lock")

    async def add(self):
        self.truth.coming(self._lock)
        async with self._lock:
            visits = int(await self._client.get("visits") or 0)
            await self._client.set("visits", visits + 1)
            self.truth.section(True)


class Names:
    """Guards only what never suspends."""

    def __init__(self):
        self._lock = asyncio.Lock()
        self.truth = Truth("Names._lock")
        self.names = set()

    async def add(self, name):
        self.truth.coming(self._lock)
        async with self._lock:
            self.names.add(name)
            self.truth.section(False)


async def visitor(client, visits, names, number):
    for i in range(ROUNDS):
        await visits.add()
        await names.add((number, i))
        async with client.pipeline() as pipe:
            await pipe.incr("both").incr(f"one {number}").execute()


async def load():
    pool = redis.BlockingConnectionPool.from_url(f"unix://{sys.argv[1]}", max_connections=4)
    client = redis.Redis(connection_pool=pool)
    visits, names = Visits(client), Names()
    await asyncio.gather(*(visitor(client, visits, names, i) for i in range(TASKS)))
    print("redis", int(await client.get("visits")), int(await client.get("both")), len(names.names))
    await pool.disconnect()


counting.main(load)
