# SPDX-License-Identifier: BSD-2-Clause
"""Counts the steps of eager tasks, which begin inside the step of whoever makes them."""
import asyncio

import counting


async def at_once(n):
    return n


async def later(n):
    await asyncio.sleep(0)
    return n


async def nested(depth):
    if depth:
        return await asyncio.create_task(nested(depth - 1)) + 1
    await asyncio.sleep(0)
    return 0


async def load():
    loop = asyncio.get_running_loop()

    def factory(loop, coro, **options):
        counting.steps += 1
        return asyncio.eager_task_factory(loop, coro, **options)

    loop.set_task_factory(factory)
    for n in range(50):
        assert await asyncio.create_task(at_once(n)) == n
        assert await asyncio.create_task(later(n)) == n
    assert await asyncio.gather(*(later(n) for n in range(20)), *(at_once(n) for n in range(20)))
    assert await nested(2) == 2
    loop.set_task_factory(None)


if hasattr(asyncio, "eager_task_factory"):
    counting.main(load)
else:
    print("there are none before 3.12", flush=True)
