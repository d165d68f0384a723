# SPDX-License-Identifier: BSD-2-Clause
"""Counts: locks that live shortly, each kept in another way, made where another one was freed."""
import asyncio
import dataclasses

import counting
from counting import Truth

ROUNDS = 50
truths = {}


def truth(name):
    if name not in truths:
        truths[name] = Truth(name)
    return truths[name]


class Named(asyncio.Lock):
    """A lock of the program's own."""


class Table:
    def __init__(self):
        self.table = {"a": asyncio.Lock()}

    async def run(self):
        async with self.table["a"]:
            truth('Table.table["a"]').section(False)


class Pool:
    def __init__(self):
        self.inner = asyncio.Lock()


class Nested:
    def __init__(self):
        self.pool = Pool()

    async def run(self):
        async with self.pool.inner:
            await asyncio.sleep(0)
            truth("Nested.pool.inner").section(True)


class Deep:
    def __init__(self):
        self.pools = [Pool()]

    async def run(self):
        async with self.pools[0].inner:
            truth("Deep.pools[0].inner").section(False)


@dataclasses.dataclass(slots=True)
class Data:
    held: asyncio.Lock = dataclasses.field(default_factory=asyncio.Lock)

    async def run(self):
        async with self.held:
            await asyncio.sleep(0)
            truth("Data.held").section(True)


class Own:
    def __init__(self):
        self.own = Named()

    async def run(self):
        async with self.own:
            truth("Own.own").section(False)


class Other:
    def __init__(self):
        self.other = Named()

    async def run(self):
        async with self.other:
            await asyncio.sleep(0)
            truth("Other.other").section(True)


async def given(lock):
    async with lock:
        truth("lock in given").section(False)


class Given:
    async def run(self):
        await given(asyncio.Lock())


async def given_too(guard):
    async with guard:
        await asyncio.sleep(0)
        truth("guard in given_too").section(True)


class GivenToo:
    async def run(self):
        await given_too(asyncio.Lock())


async def load():
    for _ in range(ROUNDS):
        for kind in (Table, Nested, Deep, Data, Own, Other, Given, GivenToo, Nested, Table,
                     GivenToo, Deep, Other, Own, Data, Given):
            one = kind()
            await one.run()
            del one


counting.main(load)
