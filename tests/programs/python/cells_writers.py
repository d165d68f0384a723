# SPDX-License-Identifier: BSD-2-Clause
"""Who wrote meanwhile: `truth writer CELL TASK FUNCTION` says what must be told of it, and `sure` or
`unsure` whether it can be told from a callback behind that task's step."""
import asyncio
import collections
import os

import counting
import truth_cells as truth

ROUNDS = 20
SLOWER = float(os.environ.get("SLOWER", "1"))  # than here: where an emulator runs it
lost = collections.Counter()


def look(victim, size):
    """What the victim is about to overwrite, counted by itself."""
    lost[type(victim).__name__] += victim.size != size


class ByTask:
    """A method of its own, that holds nothing over an await."""

    def __init__(self):
        self.size = 0

    async def add(self):
        size = self.size
        await asyncio.sleep(0)
        look(self, size)
        self.size = size + 1

    async def other(self):
        for turn in range(ROUNDS):
            await asyncio.sleep(0)
            self.size = -turn
            await asyncio.sleep(0)


class ByTail:
    """A method that writes after its await, and has ended when the task suspends again."""

    def __init__(self):
        self.size = 0

    async def add(self):
        size = self.size
        await asyncio.sleep(0)
        look(self, size)
        self.size = size + 1

    async def put(self, size):
        await asyncio.sleep(0)
        self.size = size

    async def other(self):
        for turn in range(ROUNDS):
            await self.put(-turn)
            await asyncio.sleep(0)


class AfterHead:
    """A function, called after a method that had written before its await."""

    def __init__(self):
        self.size = 0

    async def add(self):
        size = self.size
        await asyncio.sleep(0)
        look(self, size)
        self.size = size + 1

    async def keep(self):
        self.size = self.size
        await asyncio.sleep(0)

    async def other(self):
        for turn in range(ROUNDS):
            await self.keep()
            put(self, -turn)
            await asyncio.sleep(0)


class ByCall:
    """A function that the task calls."""

    def __init__(self):
        self.size = 0

    async def add(self):
        size = self.size
        await asyncio.sleep(0)
        look(self, size)
        self.size = size + 1

    async def other(self):
        for turn in range(ROUNDS):
            await asyncio.sleep(0)
            put(self, -turn)
            await asyncio.sleep(0)


class ByStep:
    """A task that writes in its first step, which is its last."""

    def __init__(self):
        self.size = 0

    async def add(self):
        size = self.size
        await asyncio.sleep(0)
        look(self, size)
        self.size = size + 1

    async def put(self, size):
        put(self, size)

    async def other(self):
        for turn in range(ROUNDS):
            asyncio.create_task(self.put(-turn), name="ByStep-putter")
            await asyncio.sleep(0)
            await asyncio.sleep(0)


class ByCallback:
    """A callback, while no task runs: the loop had gone to sleep before."""

    def __init__(self):
        self.size = 0

    async def add(self):
        size = self.size
        done = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_later(0.020 * SLOWER, done.set_result, None)
        await done
        look(self, size)
        self.size = size + 1

    async def other(self):
        for turn in range(ROUNDS):
            asyncio.get_running_loop().call_later(0.010 * SLOWER, put, self, -turn)
            await asyncio.sleep(0.025 * SLOWER)


def put(victim, size):
    victim.size = size


async def add_all(victim):
    for _ in range(ROUNDS):
        await victim.add()


async def load():
    for victim in ByTask(), ByTail(), AfterHead(), ByCall(), ByStep(), ByCallback():
        name = type(victim).__name__
        await asyncio.gather(asyncio.create_task(add_all(victim), name="reader"),
                             asyncio.create_task(victim.other(), name=name + "-writer"))
        truth.lost(name + ".size", lost[name])
    print("truth writer ByTask.size ByTask-writer ByTask.other sure")
    print("truth writer ByTail.size ByTail-writer ByTail.put sure")
    print("truth writer AfterHead.size AfterHead-writer AfterHead.keep unsure")
    print("truth writer ByCall.size ByCall-writer ByCall.other unsure")
    print("truth writer ByStep.size ByStep-putter ByStep.put unsure")


counting.main(load)
