# SPDX-License-Identifier: BSD-2-Clause
"""A loop hot enough for a JIT: takes a lock 20000 times; one section in ten suspends."""
import asyncio
import counting


class Hot:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.truth = counting.Truth("Hot._lock")

    async def add(self, suspend):
        async with self._lock:
            if suspend:
                await asyncio.sleep(0)
            self.truth.section(suspend)


async def load():
    hot = Hot()
    for i in range(20000):
        await hot.add(i % 10 == 0)

if __name__ == "__main__":
    counting.main(load)
