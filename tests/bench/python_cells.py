# SPDX-License-Identifier: BSD-2-Clause
"""A program to measure: eight tasks that each hold a value over every await, so that eight cells are
watched at any moment. `python_cells.py FILE`: the number of steps so far is kept in FILE, 8 bytes."""
import asyncio
import mmap
import sys


class Counter:
    def __init__(self):
        self.size = 0

    async def add(self):
        size = self.size
        await asyncio.sleep(0)
        self.size = size + 1


async def work(counter, steps):
    while True:
        await counter.add()
        steps[0] += 1


async def main(path):
    with open(path, "r+b") as file:
        steps = memoryview(mmap.mmap(file.fileno(), 8)).cast("Q")
    print("ready", flush=True)
    await asyncio.gather(*[work(Counter(), steps) for _ in range(8)])

asyncio.run(main(sys.argv[1]))
