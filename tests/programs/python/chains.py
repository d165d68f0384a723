# SPDX-License-Identifier: BSD-2-Clause
"""Says itself where each of its tasks suspends.

A comment `#: NAME DEPTH` stands in the line of each frame of this file that is in the await chain
of task NAME, the outermost at depth 0; `NAME/A` are other ways it suspends. How often each task
suspends is counted: once less than it has steps. Prints `path NAME LINE,LINE,...` and
`suspends NAME TIMES` for the tasks that this Python can have.
"""
import asyncio
import collections
import contextlib
import re
import sys
import time
import types

import counting

steps = collections.Counter()
scenarios = []
count_on = asyncio.events.Handle._run


def counted(self):
    task = getattr(self._callback, "__self__", None)
    if isinstance(task, asyncio.Task):
        steps[task.get_name()] += 1
    return count_on(self)


asyncio.events.Handle._run = counted


def scenario(function, needs=(3, 10)):
    if sys.version_info >= needs:
        scenarios.append(function)
    return function


def since(*version):
    return lambda function: scenario(function, version)


@scenario
async def plain():
    await asyncio.sleep(0.001)  #: plain 0


async def deep_3():
    await asyncio.sleep(0)  #: deep 3


async def deep_2():
    await deep_3()  #: deep 2


async def deep_1():
    return 1 + (
        await deep_2() or 0)  #: deep 1


@scenario
async def deep():
    for _ in range(3):
        await deep_1()  #: deep 0


async def part():
    await asyncio.sleep(0.001)  #: timed 1


async def down(depth):
    if depth:
        await down(depth - 1)  #: deepest 1
    else:
        await asyncio.sleep(0)  #: deepest 2


@scenario
async def deepest():
    await down(34)  #: deepest 0


@scenario
async def gather():
    await asyncio.gather(part(), part())  #: gather 0


@scenario
async def shield():
    await asyncio.shield(part())  #: shield 0


@scenario
async def wait_for():
    await asyncio.wait_for(asyncio.sleep(0.001), 5)  #: wait_for 0


@scenario
async def wait():
    await asyncio.wait([asyncio.ensure_future(part())])  #: wait 0


@scenario
async def to_thread():
    await asyncio.to_thread(time.sleep, 0.01)  #: to_thread 0


@since(3, 11)
async def group():
    async with asyncio.TaskGroup() as tasks:  #: group 0
        tasks.create_task(part())
        tasks.create_task(part())


@since(3, 11)
async def timed():
    async with asyncio.timeout(5):
        await part()  #: timed 0


class ByGenerator:
    def __await__(self):
        yield from asyncio.sleep(0.001).__await__()  #: by_generator 1


@scenario
async def by_generator():
    await ByGenerator()  #: by_generator 0


class ByCoroutine:
    def __await__(self):
        return self.inner().__await__()

    async def inner(self):
        await asyncio.sleep(0.001)  #: by_coroutine 1


@scenario
async def by_coroutine():
    await ByCoroutine()  #: by_coroutine 0


@types.coroutine
def old_style():
    yield from asyncio.sleep(0.001).__await__()  #: decorated 1


@scenario
async def decorated():
    await old_style()  #: decorated 0


async def inner_items():
    for i in range(2):
        await asyncio.sleep(0)  #: nested_items 2
        yield i


async def outer_items():
    async for i in inner_items():  #: nested_items 1
        yield i


@scenario
async def nested_items():
    async for _ in outer_items():  #: nested_items 0
        pass


async def some():
    for i in range(2):
        await asyncio.sleep(0)  #: comprehension 1
        yield i


@scenario
async def comprehension():
    return [i async for i in some()]  #: comprehension 0


async def answering():
    try:
        while True:
            await asyncio.sleep(0)  #: by_hand/a 1 #: by_hand/b 1
            yield 1
    except ValueError:
        await asyncio.sleep(0)  #: by_hand/c 1
        yield 2
    finally:
        await asyncio.sleep(0)  #: by_hand/d 1


@scenario
async def by_hand():
    items = answering()
    await items.__anext__()  #: by_hand/a 0
    await items.asend(1)  #: by_hand/b 0
    await items.athrow(ValueError)  #: by_hand/c 0
    await items.aclose()  #: by_hand/d 0


async def numbers():
    while True:
        await asyncio.sleep(0)  #: by_anext/a 1 #: by_anext/b 1
        yield 1


@scenario
async def by_anext():
    items = numbers()
    await anext(items)  #: by_anext/a 0
    await anext(items, None)  #: by_anext/b 0


@contextlib.asynccontextmanager
async def manager():
    await asyncio.sleep(0)  #: managed/a 1
    yield
    await asyncio.sleep(0)  #: managed/c 1


@scenario
async def managed():
    async with manager():  #: managed/a 0 #: managed/c 0
        await asyncio.sleep(0)  #: managed/b 0


@scenario
async def cancelled():
    try:
        await asyncio.sleep(100)  #: cancelled/a 0
    except asyncio.CancelledError:
        await asyncio.sleep(0)  #: cancelled/b 0


@scenario
async def failed():
    future = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(future.set_exception, ValueError())
    try:
        await future  #: failed/a 0
    except ValueError:
        with contextlib.suppress(KeyError):
            await asyncio.sleep(0)  #: failed/b 0


class Finalized:
    def __del__(self):
        time.sleep(0.002)  # what is traced sees this thread sleep while a step goes on


@scenario
async def finalizes():
    kept = Finalized()
    await asyncio.sleep(0)  #: finalizes 0
    return id(kept)


async def load():
    tasks = [asyncio.create_task(f(), name=f.__name__) for f in scenarios]
    await asyncio.sleep(0)
    next(task for task in tasks if task.get_name() == "cancelled").cancel()
    await asyncio.gather(*tasks)
    names = {f.__name__ for f in scenarios}
    for key, path in sorted(paths().items()):
        if key.split("/")[0] in names:
            print("path", key.split("/")[0], ",".join(path))
    for name in sorted(names):
        print("suspends", name, steps[name] - 1)


def paths():
    """The lines of each way, the outermost first."""
    marks = collections.defaultdict(dict)
    with open(__file__, encoding="utf-8") as source:
        for number, line in enumerate(source, 1):
            for key, depth in re.findall(r"#: (\w+(?:/\w)?) (\d)", line):
                marks[key][int(depth)] = str(number)
    return {key: [lines[i] for i in range(len(lines))] for key, lines in marks.items()}


counting.main(load)
