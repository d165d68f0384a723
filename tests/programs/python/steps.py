# SPDX-License-Identifier: BSD-2-Clause
"""Counts: steps of tasks that suspend in every way, are cancelled, fail and end at once."""
import asyncio

import counting


class Awaitable:
    def __await__(self):
        yield from asyncio.sleep(0).__await__()
        return 1


async def inner(n):
    if n:
        return await inner(n - 1)
    await asyncio.sleep(0)


async def agen(n):
    for i in range(n):
        await asyncio.sleep(0)
        yield i


async def consume():
    async for i in agen(20):
        if i % 3 == 0:
            await asyncio.sleep(0)


async def fail():
    await asyncio.sleep(0)
    raise ValueError


async def forever():
    await asyncio.get_running_loop().create_future()


async def short():
    pass


async def load():
    loop = asyncio.get_running_loop()
    for depth in range(12):
        await inner(depth)
    await consume()
    await Awaitable()
    for _ in range(50):
        await asyncio.gather(*(asyncio.create_task(short()) for _ in range(10)))
    await asyncio.gather(*(fail() for _ in range(10)), return_exceptions=True)
    tasks = [asyncio.create_task(forever()) for _ in range(10)]
    await asyncio.sleep(0.01)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    try:
        await asyncio.wait_for(forever(), 0.01)
    except asyncio.TimeoutError:
        pass
    await asyncio.shield(inner(3))
    future = loop.create_future()
    loop.call_soon(future.set_result, 1)
    await future
    queue = asyncio.Queue(2)

    async def put():
        for i in range(20):
            await queue.put(i)

    async def get():
        for _ in range(20):
            await queue.get()

    await asyncio.gather(put(), get())
    await asyncio.to_thread(sum, [1, 2])


counting.main(load)
