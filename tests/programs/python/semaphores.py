# SPDX-License-Identifier: BSD-2-Clause
"""Counts: semaphores of one and several permits, given back and taken again in one step, handed to
who waits, held twice by one task."""
import asyncio

import counting
from counting import Truth


class Two:
    """Two tasks, two permits: nobody waits, and each goes on in the step in which it left."""
    truth = Truth("Two._two")

    def __init__(self):
        self._two = asyncio.Semaphore(2)

    async def use(self, slow, pause):
        self.truth.coming(self._two)
        async with self._two:
            self.truth.section(slow)
            if slow:
                await asyncio.sleep(pause)


class One:
    truth = Truth("One._one")

    def __init__(self):
        self._one = asyncio.Semaphore(1)

    async def use(self, slow, pause):
        self.truth.coming(self._one)
        async with self._one:
            self.truth.section(slow)
            if slow:
                await asyncio.sleep(pause)


class Three:
    truth = Truth("Three._three")

    def __init__(self):
        self._three = asyncio.BoundedSemaphore(3)

    async def use(self, slow, pause):
        self.truth.coming(self._three)
        async with self._three:
            self.truth.section(slow)
            if slow:
                await asyncio.sleep(pause)


class Twice:
    """One task holds two of three permits at a time."""
    truth = Truth("Twice._twice")

    def __init__(self):
        self._twice = asyncio.Semaphore(3)

    async def use(self, slow, pause):
        async with self._twice:
            self.truth.section(slow)
            async with self._twice:
                self.truth.section(slow)
                if slow:
                    await asyncio.sleep(pause)


async def user(pool, every, pause):
    for i in range(30):
        await pool.use(i % every == 0, pause)
        if every == 4:  # goes on in another step
            await asyncio.sleep(0.0005)


async def load():
    for pool, tasks, every, pause in (
            (Two(), 2, 1, 0.001), (Two(), 2, 1, 0), (Two(), 3, 3, 0.001), (One(), 2, 1, 0), (One(), 3, 3, 0.001),
            (One(), 3, 4, 0.001),
            (Three(), 5, 1, 0.001), (Three(), 5, 3, 0), (Three(), 5, 4, 0.001), (Twice(), 1, 1, 0.001)):
        await asyncio.gather(*(user(pool, every, pause) for _ in range(tasks)))


counting.main(load)
