# SPDX-License-Identifier: BSD-2-Clause
"""More values are held at once than are watched: what is told of is then at most what is true."""
import asyncio
import collections

import counting
import truth_cells as truth

TASKS, ROUNDS = 40, 5
lost = collections.Counter()


class Shared:
    def __init__(self):
        self.size = 0

    async def add(self):
        size = self.size
        await asyncio.sleep(0)
        lost["Shared"] += self.size != size
        self.size = size + 1


async def work(cell):
    for _ in range(ROUNDS):
        await cell.add()


async def load():
    shared = Shared()
    await asyncio.gather(*[work(shared) for _ in range(TASKS)])
    truth.lost("Shared.size", lost["Shared"])


counting.main(load)
