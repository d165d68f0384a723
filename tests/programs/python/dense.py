# SPDX-License-Identifier: BSD-2-Clause
"""Much to tell in few steps: sections and awaits that do not suspend, tasks made, and woken."""
import asyncio

import counting
from counting import Truth

SECTIONS, TASKS = 2000, 600
lock = asyncio.Lock()


async def plain(n):
    return n + 1


async def waits(future):
    return await future


async def load():
    truth = Truth("dense.lock")
    for i in range(SECTIONS):
        async with lock:
            await plain(i)
            truth.section(False)
    future = asyncio.get_running_loop().create_future()
    tasks = [asyncio.create_task(waits(future)) for _ in range(TASKS)]
    await asyncio.sleep(0)
    future.set_result(1)
    for task in tasks:
        await task


counting.main(load)
