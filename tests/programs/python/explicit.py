# SPDX-License-Identifier: BSD-2-Clause
"""Counts: locks taken without `with` of their own: told at level `awaits`."""
import asyncio
import contextlib

import counting
from counting import Truth


class Explicit:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.truth = Truth("Explicit._lock")

    async def run(self):
        for i in range(200):
            self.truth.coming(self._lock)
            await self._lock.acquire()
            try:
                if i % 4 == 0:
                    await asyncio.sleep(0)
                self.truth.section(i % 4 == 0)
            finally:
                self._lock.release()


class Wrapper:
    """A class whose __aenter__ acquires."""

    def __init__(self):
        self._lock = asyncio.Lock()
        self.truth = Truth("Wrapper._lock")

    async def __aenter__(self):
        self.truth.coming(self._lock)
        await self._lock.acquire()

    async def __aexit__(self, *_):
        self._lock.release()

    async def run(self):
        for i in range(200):
            async with self:
                if i % 4 == 0:
                    await asyncio.sleep(0)
                self.truth.section(i % 4 == 0)


class Stacked:
    """Entered by an AsyncExitStack."""

    def __init__(self):
        self._lock = asyncio.Lock()
        self.truth = Truth("Stacked._lock")

    async def run(self):
        for i in range(100):
            async with contextlib.AsyncExitStack() as stack:
                self.truth.coming(self._lock)
                await stack.enter_async_context(self._lock)
                if i % 4 == 0:
                    await asyncio.sleep(0)
                self.truth.section(i % 4 == 0)


class Timed:
    """wait_for makes a task of its own for it (until 3.11)."""

    def __init__(self):
        self._lock = asyncio.Lock()
        self.truth = Truth("Timed._lock")

    async def run(self):
        for i in range(100):
            self.truth.coming(self._lock)
            await asyncio.wait_for(self._lock.acquire(), 5)
            try:
                if i % 4 == 0:
                    await asyncio.sleep(0)
                self.truth.section(i % 4 == 0)
            finally:
                self._lock.release()


async def load():
    # All live at once: a lock at the address of one that died is taken for the same.
    for c in [c() for c in (Explicit, Wrapper, Stacked, Timed)]:
        await c.run()


counting.main(load)
