# SPDX-License-Identifier: BSD-2-Clause
"""Hangs: two tasks, each holding the lock the other waits for."""
import asyncio


class Account:
    def __init__(self):
        self.first = asyncio.Lock()
        self.second = asyncio.Lock()

    async def there(self):
        async with self.first:
            await asyncio.sleep(0.01)
            async with self.second:
                pass

    async def back(self):
        async with self.second:
            await asyncio.sleep(0.01)
            async with self.first:
                pass


async def main():
    account = Account()
    await asyncio.gather(asyncio.create_task(account.there(), name="there"),
                         asyncio.create_task(account.back(), name="back"))


print("ready", flush=True)
asyncio.run(main())
