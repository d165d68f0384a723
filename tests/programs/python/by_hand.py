# SPDX-License-Identifier: BSD-2-Clause
"""Locks that are taken by a call and always freed: no finding is true of it.

Prints {"sections": N, "locked": false}: how often the lock was held, and whether it is at the end.
How it is taken is the first argument: enter (a class's own __aenter__), plain, wait_for, task (one
made for it), timeout (3.11)."""
import asyncio
import json
import sys
import time

TASKS, ROUNDS = 4, 40


class Connection:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.sections = 0

    async def __aenter__(self):
        await self.lock.acquire()
        return self

    async def __aexit__(self, *_):
        self.lock.release()


async def take(how, connection):
    """True: it is held."""
    try:
        if how == "wait_for":
            await asyncio.wait_for(connection.lock.acquire(), 0.002)
        elif how == "timeout":
            async with asyncio.timeout(0.002):
                await connection.lock.acquire()
        elif how == "task":
            await asyncio.create_task(connection.lock.acquire())
        else:
            await connection.lock.acquire()
    except asyncio.TimeoutError:
        return False
    return True


async def use(how, connection):
    for _ in range(ROUNDS):
        if how == "enter":
            async with connection:
                connection.sections += 1
                await asyncio.sleep(0.0005)
        elif await take(how, connection):
            connection.sections += 1
            try:
                await asyncio.sleep(0.001)
            finally:
                connection.lock.release()


async def main(how):
    connection = Connection()
    await asyncio.gather(*(use(how, connection) for _ in range(TASKS)))
    print(json.dumps({"sections": connection.sections, "locked": connection.lock.locked()}), flush=True)
    time.sleep(0.2)


asyncio.run(main(sys.argv[1]))
