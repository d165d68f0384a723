# SPDX-License-Identifier: BSD-2-Clause
"""Counts: classes that live shortly, each made where another one was freed: locks, and others."""
import asyncio
import gc

import counting
from counting import Truth

ROUNDS = 15
truths = {}


def truth(name):
    if name not in truths:
        truths[name] = Truth(name)
    return truths[name]


def guard_class():
    class Guard:
        """No lock, though it looks like one from inside."""

        def __init__(self):
            self._waiters = None
            self._locked = True

        async def __aenter__(self):
            self._locked = True

        async def __aexit__(self, *_):
            self._locked = False
    return Guard


def first_class():
    class First(asyncio.Lock):
        pass
    return First


def moved_class():
    class Moved(asyncio.Lock):
        def __init__(self):
            self.before = True
            self.behind = False
            super().__init__()
    return Moved


async def guarded():
    guard = guard_class()()
    async with guard:
        pass


async def firsts():
    first = first_class()()
    for _ in range(2):
        async with first:
            truth("first in firsts").section(False)


async def moves():
    moved = moved_class()()
    for _ in range(2):
        async with moved:
            await asyncio.sleep(0)
            truth("moved in moves").section(True)


async def load():
    for _ in range(ROUNDS):
        for run in (guarded, firsts, guarded, moves, firsts, moves, guarded):
            await run()
            gc.collect()
            await asyncio.sleep(0.005)  # until what was met is known to who looks on


counting.main(load)
