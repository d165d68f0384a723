# SPDX-License-Identifier: BSD-2-Clause
"""Counts who makes tasks: tasks that take turns, one that makes many, plain callbacks, eager starts.

`made CHILD MAKER COUNT SURE`; MAKER - is a plain callback. SURE 0: plain
callbacks run right behind the maker's steps, so that it may be left open.
"""
import asyncio
import collections
import sys

import counting

made = collections.Counter()
sure = {}


def make(child, maker, certain=True, **options):
    made[child, maker] += 1
    sure[child, maker] = certain
    return asyncio.Task(rest(), loop=asyncio.get_running_loop(), name=child, **options)


async def rest():
    await asyncio.sleep(0)


async def taker(name, certain=True):
    """Makes none, one or two a step, while others do the same."""
    for i in range(90):
        children = [make(f"child-{name}", name, certain) for _ in range(i % 3)]
        if not certain and i % 5 == 0:
            asyncio.get_running_loop().call_soon(callback)
        await asyncio.sleep(0)
        for child in children:
            await child


def callback():
    make("child-callback", "-")


async def crowd():
    await asyncio.gather(*(make("child-crowd", "crowd") for _ in range(500)))


async def eager():
    for _ in range(50):
        children = [make("child-eager", "eager", eager_start=True) for _ in range(3)]
        make("child-later", "eager", False)
        for child in children:
            await child


async def factory():
    """All tasks start at once: those of this step, and those of a callback."""
    loop = asyncio.get_running_loop()
    loop.set_task_factory(lambda loop, coro, **_: asyncio.Task(coro, loop=loop, eager_start=True, name=coro.__name__))
    for _ in range(50):
        loop.call_soon(started)
        made["child", "factory"] += 1
        await loop.create_task(child())
    loop.set_task_factory(None)
    sure["child", "factory"] = True


def started():
    made["orphan", "-"] += 1
    sure["orphan", "-"] = True
    asyncio.get_running_loop().create_task(orphan())


async def child():
    await asyncio.sleep(0)


async def orphan():
    await asyncio.sleep(0)


async def load():
    async def run(name, coro):
        await asyncio.create_task(coro, name=name)

    await asyncio.gather(*(run(name, taker(name)) for name in ("a", "b", "c")))
    await run("crowd", crowd())
    if sys.version_info >= (3, 12):
        await run("eager", eager())
        await run("factory", factory())
    await asyncio.gather(run("d", taker("d", False)), run("e", taker("e", False)))
    for (child, maker), count in made.items():
        print("made", child, maker, count, int(sure[child, maker]))


counting.main(load)
