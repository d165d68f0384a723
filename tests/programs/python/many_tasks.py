# SPDX-License-Identifier: BSD-2-Clause
"""Waits: N tasks, half of them in a sleep, half for one lock, that a task called keeper holds."""
import asyncio
import sys


async def sleeper():
    await asyncio.sleep(3600)


async def keeper(lock):
    async with lock:
        await asyncio.sleep(3600)


async def waiter(lock):
    async with lock:
        pass


async def main():
    lock = asyncio.Lock()
    tasks = [asyncio.create_task(keeper(lock), name="keeper")]
    await asyncio.sleep(0)
    for _ in range(int(sys.argv[1]) // 2):
        tasks.append(asyncio.create_task(sleeper()))
        tasks.append(asyncio.create_task(waiter(lock)))
    await asyncio.sleep(0.5)
    print("ready", len(asyncio.all_tasks()), flush=True)
    await asyncio.sleep(3600)


asyncio.run(main())
