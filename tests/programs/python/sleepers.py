# SPDX-License-Identifier: BSD-2-Clause
"""Counts: tasks that wait for a lock right before one goes on that slept since before anybody looked."""
import asyncio

import counting
from counting import Truth

sleepers = []


class Contended:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.truth = Truth("Contended._lock")

    async def one(self):
        for _ in range(60):
            self.truth.coming(self._lock)
            async with self._lock:
                await asyncio.sleep(0)
                self.truth.section(True)

    async def wake(self, running):
        """A sleeper goes on in the round in which the lock's holder comes back for it, right behind that one."""
        while any(not task.done() for task in running):
            if self._lock.locked() and sleepers:
                sleepers.pop().set_result(None)
            await asyncio.sleep(0)

    async def run(self):
        running = [asyncio.create_task(self.one()) for _ in range(3)]
        await self.wake(running)
        while sleepers:
            sleepers.pop().set_result(None)


async def sleep(future):
    await future


async def before():
    loop = asyncio.get_running_loop()
    sleepers.extend(loop.create_future() for _ in range(180))
    tasks = [asyncio.create_task(sleep(future)) for future in sleepers]
    await asyncio.sleep(0)
    return tasks


async def load(tasks):
    await Contended().run()
    await asyncio.gather(*tasks)


counting.main(load, before)
