# SPDX-License-Identifier: BSD-2-Clause
"""Counts: every kind of lock in `with`, never, sometimes and always held over a suspension."""
import asyncio
import threading
import time

import counting
from counting import Truth


async def plain(n):
    return n + 1


class Never:
    """Awaits only what never suspends."""

    def __init__(self):
        self._lock = asyncio.Lock()
        self.truth = Truth("Never._lock")

    async def run(self):
        for i in range(300):
            self.truth.coming(self._lock)
            async with self._lock:
                await plain(i)
                self.truth.section(False)
            if i % 7 == 0:
                await asyncio.sleep(0)


class Always:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.truth = Truth("Always._lock")

    async def run(self):
        for _ in range(200):
            self.truth.coming(self._lock)
            async with self._lock:
                await asyncio.sleep(0)
                self.truth.section(True)


class Tenth:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.truth = Truth("Tenth._lock")

    async def run(self):
        for i in range(300):
            self.truth.coming(self._lock)
            async with self._lock:
                if i % 10 == 0:
                    await asyncio.sleep(0)
                self.truth.section(i % 10 == 0)


class Contended:
    """Several tasks: most of them wait."""

    def __init__(self):
        self._lock = asyncio.Lock()
        self.truth = Truth("Contended._lock")

    async def one(self):
        for _ in range(100):
            self.truth.coming(self._lock)
            async with self._lock:
                await asyncio.sleep(0)
                self.truth.section(True)

    async def run(self):
        await asyncio.gather(*(self.one() for _ in range(3)))


class Permit:
    """A semaphore used as a mutex."""

    def __init__(self):
        self._semaphore = asyncio.Semaphore(1)
        self.truth = Truth("Permit._semaphore")

    async def run(self):
        for i in range(200):
            self.truth.coming(self._semaphore)
            async with self._semaphore:
                if i % 4 == 0:
                    await asyncio.sleep(0)
                self.truth.section(i % 4 == 0)


class Threaded:
    """A lock of threads in a plain `with`, sometimes over an await: a bug by itself."""

    def __init__(self):
        self._locks = [threading.Lock() for _ in range(20)]
        self.truth = Truth("Threaded._lock")

    async def run(self):
        for i in range(200):
            self._lock = self._locks[i // 10]
            with self._lock:
                if i % 5 == 0:
                    await asyncio.sleep(0)
                self.truth.section(i % 5 == 0)


class Gated(asyncio.Lock):
    """On the way to it there is a lock of threads, which a thread holds two thirds of the time."""
    gate = threading.Lock()

    async def acquire(self):
        with self.gate:
            pass
        return await super().acquire()


class Behind:
    def __init__(self):
        self._lock = Gated()
        self.truth = Truth("Behind._lock")
        self.over = False

    def hold(self):
        while not self.over:
            with Gated.gate:
                time.sleep(0.002)
            time.sleep(0.001)

    async def one(self):
        for _ in range(400):
            self.truth.coming(self._lock)
            async with self._lock:
                await asyncio.sleep(0)
                self.truth.section(True)

    async def run(self):
        thread = threading.Thread(target=self.hold)
        thread.start()
        await asyncio.gather(self.one(), self.one())
        self.over = True
        thread.join()


module_lock = asyncio.Lock()


class Module:
    def __init__(self):
        self.truth = Truth("locks.module_lock")

    async def run(self):
        for i in range(100):
            self.truth.coming(module_lock)
            async with module_lock:
                if i % 2:
                    await asyncio.sleep(0)
                self.truth.section(i % 2)


class Nested:
    """Two locks in one statement, and one inside."""

    def __init__(self):
        self._outer = asyncio.Lock()
        self._inner = asyncio.Lock()
        self.outer = Truth("Nested._outer")
        self.inner = Truth("Nested._inner")

    async def run(self):
        for i in range(100):
            self.outer.coming(self._outer)
            async with self._outer:
                if i % 3 == 0:
                    await asyncio.sleep(0)
                self.inner.coming(self._inner)
                async with self._inner:
                    if i % 5 == 0:
                        await asyncio.sleep(0)
                    self.inner.section(i % 5 == 0)
                self.outer.section(i % 3 == 0 or i % 5 == 0)


async def load():
    await asyncio.gather(*(c().run() for c in (Never, Always, Tenth, Contended, Permit, Threaded,
                                               Behind, Module, Nested)))


counting.main(load)
