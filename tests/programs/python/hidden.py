# SPDX-License-Identifier: BSD-2-Clause
"""Counts: locks whose holder the await chain does not show as a `with` of its own."""
import asyncio
import contextlib

import counting
from counting import Truth


class Managed:
    """The `async with` is inside an @asynccontextmanager."""

    def __init__(self):
        self._lock = asyncio.Lock()
        self.truth = Truth("Managed._lock")

    @contextlib.asynccontextmanager
    async def hold(self):
        self.truth.coming(self._lock)
        async with self._lock:
            yield

    async def run(self):
        for i in range(200):
            async with self.hold():
                if i % 4 == 0:
                    await asyncio.sleep(0)
                self.truth.section(i % 4 == 0)


class Generated:
    """An asynchronous generator holds it while its consumer awaits something else."""

    def __init__(self):
        self._lock = asyncio.Lock()
        self.truth = Truth("Generated._lock")

    async def items(self, n):
        self.truth.coming(self._lock)
        async with self._lock:
            for i in range(n):
                yield i

    async def run(self):
        for i in range(100):
            async for _ in self.items(2):
                if i % 4 == 0:
                    await asyncio.sleep(0)
            self.truth.section(i % 4 == 0)


class Stepped:
    """The same, by hand: the generator is in a local variable, not on a value stack."""

    def __init__(self):
        self._lock = asyncio.Lock()
        self.truth = Truth("Stepped._lock")

    async def items(self):
        self.truth.coming(self._lock)
        async with self._lock:
            yield 1

    async def run(self):
        for i in range(100):
            items = self.items()
            await items.__anext__()
            if i % 4 == 0:
                await asyncio.sleep(0)
            self.truth.section(i % 4 == 0)
            await items.aclose()


class Conditional:
    """Condition.wait ends a section and begins another."""

    def __init__(self):
        self._condition = asyncio.Condition()
        self.truth = Truth("Conditional._condition")
        self.turn = 0

    async def one(self, me):
        for _ in range(50):
            self.truth.coming(self._condition._lock)
            async with self._condition:
                while self.turn != me:
                    self.truth.section(False)
                    await self._condition.wait()
                self.turn = 1 - me
                self._condition.notify_all()
                self.truth.section(False)

    async def run(self):
        await asyncio.gather(self.one(0), self.one(1))


async def load():
    # All live at once: a lock at the address of one that died is taken for the same.
    for c in [c() for c in (Managed, Generated, Stepped, Conditional)]:
        await c.run()


counting.main(load)
