# SPDX-License-Identifier: BSD-2-Clause
"""What is tested: one counter without a lock, one with, and a lock that guards nothing."""
import asyncio

import ledger

WAIT = 0.0015


class Stock:
    """What size falls short of the times it was added to was lost."""

    def __init__(self):
        self.size = 0

    async def add(self, wait=WAIT):
        size = self.size
        await asyncio.sleep(wait)
        self.size = size + 1

    async def fill(self, times):
        before = self.size
        await both(self.add, times)
        lost = times - (self.size - before)
        if lost:
            ledger.lost[ledger.test] += lost


class Till:
    def __init__(self):
        self.guard = asyncio.Lock()
        self.sum = 0

    async def add(self):
        async with self.guard:
            ledger.sections["Till.guard"] += 1
            ledger.suspended["Till.guard"] += 1
            total = self.sum
            await asyncio.sleep(WAIT)
            self.sum = total + 1


class Log:
    def __init__(self):
        self.narrow = asyncio.Lock()
        self.lines = []

    async def add(self, line):
        async with self.narrow:
            ledger.sections["Log.narrow"] += 1
            self.lines.append(line)
        await asyncio.sleep(WAIT)


async def both(add, times=3):
    await asyncio.gather(*(add() for _ in range(times)))
