# SPDX-License-Identifier: BSD-2-Clause
"""Counts: a program that does all of its work at once, for a tracer that started it."""
import asyncio
import time


class First:
    def __init__(self):
        self._lock = asyncio.Lock()

    async def run(self):
        for i in range(100):
            async with self._lock:
                if i % 4 == 0:
                    await asyncio.sleep(0)


async def main():
    await First().run()
    print("lock First._lock 100 25 0")


asyncio.run(main())
time.sleep(0.5)  # its code is read a moment after it ran
