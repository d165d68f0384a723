# SPDX-License-Identifier: BSD-2-Clause
"""What is in containers: entries of dictionaries and lists, emptiness, and what changes while it is
iterated over. `truth RULE NAME N`: so often it went wrong, as the program counts itself."""
import asyncio
import collections

import counting
import truth_cells as truth

TASKS, ROUNDS = 4, 10
count = collections.Counter()


async def pause():
    await asyncio.sleep(0)


class Thing:
    pass


# -- lost updates of entries


class Entry:
    """A counter under a key that is a local variable."""

    def __init__(self):
        self.sizes = {i: 0 for i in range(100)}

    async def add(self, key):
        size = self.sizes[key]
        await pause()
        count["Entry"] += self.sizes[key] != size
        self.sizes[key] = size + 1

    async def run(self):
        for i in range(ROUNDS):
            await self.add(i % 3)


class Named:
    """Under keys of text, one a constant."""

    def __init__(self):
        self.sizes = collections.defaultdict(int)

    async def add(self, name):
        size = self.sizes[name]
        await pause()
        count["Named"] += self.sizes[name] != size
        self.sizes[name] = size + 1

    async def total(self):
        size = self.sizes["total"]
        await pause()
        count["Total"] += self.sizes["total"] != size
        self.sizes["total"] = size + 1

    async def run(self):
        for i in range(ROUNDS):
            await self.add("name %d" % (i % 3))
            await self.total()


class Item:
    """An item of a list."""

    def __init__(self):
        self.sizes = [0, 0]

    async def run(self):
        for _ in range(ROUNDS):
            size = self.sizes[1]
            await pause()
            count["Item"] += self.sizes[1] != size
            self.sizes[1] = size + 1


class Apart:
    """Each its own key: nothing is lost."""

    def __init__(self):
        self.sizes = {}
        self.next = 0

    async def run(self):
        self.next += 1
        key = self.next
        self.sizes[key] = 0
        for _ in range(ROUNDS):
            size = self.sizes[key]
            await pause()
            self.sizes[key] = size + 1


class Rebuilt:
    """A copy is worked on, and put in the list's place: what was appended meanwhile is lost."""

    def __init__(self):
        self.items = []

    async def put(self, item):
        items = list(self.items)
        await pause()
        count["Rebuilt"] += items != self.items
        items.append(item)
        self.items = items

    async def run(self):
        for i in range(ROUNDS):
            await self.put(i)
            await pause()
            self.items.append(-i)


class Shared:
    """No copy: the list itself is held, and what others append is in it."""

    def __init__(self):
        self.items = []

    async def run(self):
        for i in range(ROUNDS):
            items = self.items
            await pause()
            items.append(i)
            self.items = items


# -- checks


class Cache:
    """Made twice for one key."""

    def __init__(self):
        self.things = {}

    async def get(self, key):
        if key not in self.things:
            thing = await self.make()
            count["Cache"] += key in self.things
            self.things[key] = thing
        return self.things[key]

    async def make(self):
        await pause()
        return Thing()

    async def run(self):
        for i in range(ROUNDS):
            await self.get("key %d" % i)


class Got:
    """The same, asked by get()."""

    def __init__(self):
        self.things = {}

    async def get(self, key):
        thing = self.things.get(key)
        if thing is None:
            await pause()
            thing = Thing()
            count["Got"] += key in self.things
            self.things[key] = thing
        return thing

    async def run(self):
        for i in range(ROUNDS):
            await self.get(i)


class Pool:
    """Empty, so one is made: but all find it so."""

    def __init__(self):
        self.free = []

    async def fill(self):
        if not self.free:
            await pause()
            count["Pool"] += bool(self.free)
            self.free.append(Thing())

    async def run(self):
        for _ in range(ROUNDS):
            await self.fill()
            await pause()
            self.free.clear()
            await pause()


class Locked(Cache):
    def __init__(self):
        super().__init__()
        self.lock = asyncio.Lock()

    async def get(self, key):
        async with self.lock:
            if key not in self.things:
                self.things[key] = await self.make()
        return self.things[key]


class Checked(Cache):
    async def get(self, key):
        if key not in self.things:
            thing = await self.make()
            if key not in self.things:
                self.things[key] = thing
        return self.things[key]


class Defaulted(Cache):
    async def get(self, key):
        if key not in self.things:
            thing = await self.make()
            self.things.setdefault(key, thing)
        return self.things[key]


# -- iteration


class Members:
    """One goes over them while others come and go."""

    def __init__(self):
        self.members = {i: i for i in range(4)}
        self.turn = 0

    async def send(self):
        for _ in self.members.values():
            await pause()

    async def run(self):
        turn = self.turn = self.turn + 1
        if turn == 1:
            for _ in range(ROUNDS):
                try:
                    await self.send()
                except RuntimeError:
                    count[type(self).__name__] += 1
            return
        for i in range(ROUNDS):
            await pause()
            self.members[turn, i] = i
            await pause()
            del self.members[turn, i]


class Names(Members):
    """A set, and a loop with more in it."""

    def __init__(self):
        self.names = {str(i) for i in range(4)}
        self.turn = 0

    async def send(self):
        for name in self.names:
            if name:
                await pause()
            count["sent"] += 1

    async def run(self):
        turn = self.turn = self.turn + 1
        if turn == 1:
            for _ in range(ROUNDS):
                try:
                    await self.send()
                except RuntimeError:
                    count["Names"] += 1
            return
        for i in range(ROUNDS):
            await pause()
            self.names.add("%d %d" % (turn, i))
            await asyncio.sleep(0)
            await asyncio.sleep(0)


class Tried(Members):
    """What fails with one of them does not end it."""

    async def send(self):
        for _ in self.members.values():
            try:
                await pause()
            except OSError:
                count["failed"] += 1


class Copied(Members):
    async def send(self):
        for _ in list(self.members.values()):
            await pause()


class Left(Members):
    """The loop is left behind the await."""

    async def send(self):
        for _ in self.members:
            await pause()
            break


class Queue(Members):
    """A list may grow."""

    def __init__(self):
        self.members = [1, 2, 3]
        self.turn = 0

    async def send(self):
        for _ in self.members:
            await pause()

    async def run(self):
        self.turn += 1
        for i in range(3):
            await self.send()
            if len(self.members) < 6:
                self.members.append(i)


WRONG = [("lost-update", "Entry.sizes[key]", "Entry", Entry), ("lost-update", "Named.sizes[name]", "Named", Named),
         ("lost-update", "Named.sizes[\"total\"]", "Total", None), ("lost-update", "Item.sizes[1]", "Item", Item),
         ("lost-update", "Rebuilt.items", "Rebuilt", Rebuilt), ("check-then-act", "Cache.things[key]", "Cache", Cache),
         ("check-then-act", "Got.things[key]", "Got", Got), ("check-then-act", "Pool.free[]", "Pool", Pool),
         ("changed-while-iterating", "Members.members", "Members", Members),
         ("changed-while-iterating", "Names.names", "Names", Names),
         ("changed-while-iterating", "Tried.members", "Tried", Tried)]
RIGHT = [Apart, Shared, Locked, Checked, Defaulted, Copied, Left, Queue]


async def load():
    for kind in [row[3] for row in WRONG if row[3]] + RIGHT:
        thing = kind()
        await asyncio.gather(*[thing.run() for _ in range(TASKS)])
    for rule, name, key, _ in WRONG:
        print("truth", rule, name, count[key], flush=True)


counting.main(load)
