# SPDX-License-Identifier: BSD-2-Clause
"""Checks before an await that decide about what is done after it: which of them went wrong.

`truth check-then-act NAME N`: so often a thing was made although another task had made it since
the check. Then the ways that are right, or where it does not matter: nothing may be told of them.
"""
import asyncio

import counting
import truth_cells as truth

TASKS, ROUNDS = 4, 10


class Thing:
    made = 0

    def __init__(self, owner):
        owner.made += 1


class Lazy:
    """Two tasks both find nothing there, and both make one: all but the first are lost."""

    def __init__(self):
        self.made = 0
        self.thing = None

    async def make(self):
        await asyncio.sleep(0)
        return Thing(self)

    async def get(self):
        if self.thing is None:
            thing = await self.make()
            self.thing = thing
        return self.thing


class Early(Lazy):
    """The same, left early."""

    def __init__(self):
        super().__init__()
        self.early = None

    async def get(self):
        if self.early is not None:
            return self.early
        self.early = await self.make()
        return self.early


class Guarded(Lazy):
    def __init__(self):
        super().__init__()
        self.lock = asyncio.Lock()

    async def get(self):
        async with self.lock:
            if self.thing is None:
                self.thing = await self.make()
        return self.thing


class Again(Lazy):
    """Checked again after the await."""

    async def get(self):
        if self.thing is None:
            thing = await self.make()
            if self.thing is None:
                self.thing = thing
        return self.thing


class Claim(Lazy):
    """Claimed before the await."""

    async def get(self):
        if self.thing is None:
            self.thing = asyncio.get_running_loop().create_future()
            thing = await self.make()
            if isinstance(self.thing, asyncio.Future):
                self.thing.set_result(None)
                self.thing = thing
        while isinstance(self.thing, asyncio.Future):
            await self.thing
        return self.thing


class Cache(Lazy):
    """Each makes it, and all make the same: it does not matter who was last."""

    async def get(self):
        if self.thing is None:
            await asyncio.sleep(0)
            self.thing = "-".join(["a", "thing"])
            self.made += 1
        return self.thing


class Flag(Lazy):
    async def get(self):
        if not self.thing:
            await asyncio.sleep(0)
            self.thing = True
            self.made += 1
        return self.thing


class Message(Lazy):
    """The writer tells the reader, who waited for just that."""

    def __init__(self):
        super().__init__()
        self.event = asyncio.Event()
        self.told = None
        self.seen = 0

    async def get(self):
        if self.told is None:
            await self.event.wait()
            self.seen += 1
            self.told = self.told + 1
        return self.told

    async def tell(self):
        await asyncio.sleep(0)
        self.told = 1
        self.event.set()


class Asked(Lazy):
    """Another task writes it, but for the one that waits for it: that is a message."""

    async def load(self):
        await asyncio.sleep(0)
        self.thing = Thing(self)

    async def get(self):
        if self.thing is None:
            await asyncio.gather(self.load())
            self.thing = Thing(self)


async def use(owner):
    await owner.get()


async def load():
    wrong = {"Lazy.thing": Lazy, "Early.early": Early}
    right = {"Guarded.thing": Guarded, "Again.thing": Again, "Claim.thing": Claim, "Cache.thing": Cache,
             "Flag.thing": Flag, "Message.told": Message, "Asked.thing": Asked}
    for name, kind in (wrong | right).items():
        lost = 0
        for _ in range(ROUNDS):
            owner = kind()
            tell = [owner.tell()] if kind is Message else []
            tasks = 1 if kind is Asked else TASKS
            await asyncio.gather(*[use(owner) for _ in range(tasks)], *tell)
            lost += owner.made - 1 if name in wrong else 0
        truth.spoilt(name, lost)


counting.main(load)
