# SPDX-License-Identifier: BSD-2-Clause
"""Counters that lose updates, and count how many; `lost NAME N` on stdout is the truth.

Each cell is raised by several tasks, a fixed number of times in all: what it falls short of that
is what was lost. The right ones fall short of nothing and must not be told of.
"""
import asyncio
import time

import counting
import truth_cells as truth

TASKS, ROUNDS = 4, 25


class Racy:
    def __init__(self):
        self.size = 0

    async def add(self):
        size = self.size
        await asyncio.sleep(0)
        self.size = size + 1


class Locked:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.size = 0

    async def add(self):
        async with self.lock:
            size = self.size
            await asyncio.sleep(0)
            self.size = size + 1


class Again:
    def __init__(self):
        self.size = 0

    async def add(self):
        size = self.size
        await asyncio.sleep(0)
        size = self.size
        self.size = size + 1


class Alone(Racy):
    async def add(self):
        alone = self.size
        await asyncio.sleep(0)
        self.size = alone + 1


class Deep:
    """The value is held three awaits up the chain."""

    def __init__(self):
        self.size = 0

    async def wait(self, depth):
        if depth:
            await self.wait(depth - 1)
        else:
            await asyncio.sleep(0)

    async def add(self):
        size = self.size
        await self.wait(3)
        self.size = size + 1


class Twice:
    """Two awaits between the read and the write."""

    def __init__(self):
        self.size = 0

    async def add(self):
        size = self.size
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        self.size = size + 1


class Blocking:
    """The step that writes sleeps in the kernel, and its loop with it."""

    def __init__(self):
        self.size = 0

    async def add(self):
        size = self.size
        await asyncio.sleep(0)
        time.sleep(0.0005)
        self.size = size + 1


CASES = [(Racy(), TASKS), (Blocking(), TASKS), (Locked(), TASKS), (Again(), TASKS), (Alone(), 1), (Deep(), TASKS), (Twice(), TASKS)]


async def work(cell):
    for _ in range(ROUNDS):
        await cell.add()


async def load():
    for cell, tasks in CASES:
        await asyncio.gather(*[work(cell) for _ in range(tasks)])
        truth.lost(type(cell).__name__ + ".size", tasks * ROUNDS - cell.size)


counting.main(load)
