# SPDX-License-Identifier: BSD-2-Clause
"""deadlock.py with waits that end by themselves: no deadlock, by any of the ways there are to bound a wait."""
import asyncio


class Account:
    def __init__(self):
        self.first = asyncio.Lock()
        self.second = asyncio.Lock()

    async def hold(self, one, other, wait):
        async with one:
            await asyncio.sleep(0.01)
            await wait(other)


async def take(lock):
    async with lock:
        pass


async def inside_timeout(lock):
    async with asyncio.timeout(60):
        await take(lock)


async def by_wait_for(lock):
    await asyncio.wait_for(lock.acquire(), 60)
    lock.release()


async def by_wait_for_a_task(lock):
    await asyncio.wait_for(take(lock), 60)


if not hasattr(asyncio, "timeout"):  # before 3.11
    inside_timeout = by_wait_for_a_task


async def bounded(account, wait):
    """The whole task is bounded by whoever waits for it."""
    await asyncio.wait_for(account.hold(account.first, account.second, wait), 60)


async def main():
    tasks = []
    for wait in inside_timeout, by_wait_for, by_wait_for_a_task:
        account = Account()
        tasks += [account.hold(account.first, account.second, wait), account.hold(account.second, account.first, take)]
    account = Account()
    tasks += [bounded(account, take), account.hold(account.second, account.first, take)]
    await asyncio.gather(*(asyncio.create_task(task) for task in tasks))


print("ready", flush=True)
asyncio.run(main())
