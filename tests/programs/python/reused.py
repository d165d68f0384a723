# SPDX-License-Identifier: BSD-2-Clause
"""Counts: locks that live shortly, each made where another one was freed; and one that two share."""
import asyncio

import counting
from counting import Truth

ROUNDS = 100
truths = {}


def truth(name):
    if name not in truths:
        truths[name] = Truth(name)
    return truths[name]


class Request:
    def __init__(self):
        self.first = asyncio.Lock()

    async def request(self):
        async with self.first:
            truth("Request.first").section(False)


class Reply:
    def __init__(self):
        self.second = asyncio.Lock()

    async def reply(self):
        async with self.second:
            await asyncio.sleep(0)
            truth("Reply.second").section(True)


class Slotted:
    __slots__ = ("third",)

    def __init__(self):
        self.third = asyncio.Lock()

    async def slotted(self):
        async with self.third:
            truth("Slotted.third").section(False)


class Opened:
    """Its attributes are in a dictionary, which somebody asked for."""

    def __init__(self):
        self.fourth = asyncio.Lock()
        vars(self)["other"] = 1

    async def opened(self):
        async with self.fourth:
            await asyncio.sleep(0)
            truth("Opened.fourth").section(True)


class Turned:
    def __init__(self):
        self.fifth = asyncio.Condition()

    async def turned(self):
        async with self.fifth:
            truth("Turned.fifth").section(False)


async def local():
    lock = asyncio.Lock()
    async with lock:
        truth("lock in local").section(False)


async def local_too():
    lock = asyncio.Lock()
    async with lock:
        await asyncio.sleep(0)
        truth("lock in local_too").section(True)


class Shared:
    """Both objects live, and have one lock: that is one."""

    def __init__(self, lock):
        self.sixth = lock

    async def shared(self):
        async with self.sixth:
            await asyncio.sleep(0)
            truth("Shared.sixth").section(True)


class Sharer:
    def __init__(self, lock):
        self.seventh = lock

    async def sharer(self):
        async with self.seventh:
            await asyncio.sleep(0)
            truth("Shared.sixth").section(True)


async def short_lives():
    for _ in range(ROUNDS):
        for kind in (Request, Reply, Slotted, Opened, Turned, Reply, Request, Turned):
            one = kind()
            await getattr(one, kind.__name__.lower())()
            del one
        await local()
        await local_too()


async def load():
    lock = asyncio.Lock()
    one, other = Shared(lock), Sharer(lock)
    for _ in range(ROUNDS):
        await one.shared()
        await asyncio.sleep(0)
        await other.sharer()
        await asyncio.sleep(0)
    await short_lives()


counting.main(load)
