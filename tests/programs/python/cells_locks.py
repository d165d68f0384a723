# SPDX-License-Identifier: BSD-2-Clause
"""Locks around cells: `truth verdict LOCK VERDICT` says what each is worth."""
import asyncio
import collections

import counting
import truth_cells as truth

TASKS, ROUNDS = 4, 30
lost = collections.Counter()


def look(cell, size):
    """What is about to be overwritten, counted by itself."""
    lost[type(cell).__name__] += cell.size != size


class Needed:
    def __init__(self):
        self.lock, self.size = asyncio.Lock(), 0

    async def add(self):
        async with self.lock:
            size = self.size
            await asyncio.sleep(0)
            look(self, size)
            self.size = size + 1

    more = add


class Bypassed(Needed):
    """Every other task does without."""

    async def add(self):
        async with self.lock:
            size = self.size
            await asyncio.sleep(0)
            look(self, size)
            self.size = size + 1

    async def more(self):
        await asyncio.sleep(0)
        self.size += 1


class Wrong(Needed):
    """Two locks for one cell."""

    def __init__(self):
        super().__init__()
        self.second = asyncio.Lock()

    async def add(self):
        async with self.lock:
            size = self.size
            await asyncio.sleep(0)
            look(self, size)
            self.size = size + 1

    async def more(self):
        async with self.second:
            size = self.size
            await asyncio.sleep(0)
            look(self, size)
            self.size = size + 1


class Own(Needed):
    """A lock a call: it excludes nobody."""

    async def add(self):
        async with asyncio.Lock():
            size = self.size
            await asyncio.sleep(0)
            look(self, size)
            self.size = size + 1

    more = add


async def work(add):
    for _ in range(ROUNDS):
        await add()


async def load():
    for kind in Needed, Bypassed, Wrong, Own:
        cell = kind()
        await asyncio.gather(*[work(cell.more if i % 2 else cell.add) for i in range(TASKS)])
        truth.lost(kind.__name__ + ".size", lost[kind.__name__])
    print("truth verdict Needed.lock needed")
    print("truth verdict Bypassed.lock bypassed")
    print("truth verdict Wrong.lock wrong-lock")


counting.main(load)
