# SPDX-License-Identifier: BSD-2-Clause
"""Two locks taken in both orders; this run did not deadlock, another may.

`lock_order.py` has tasks that could meet; `lock_order.py apart` the same
functions, each joined before the next begins; `lock_order.py same` one order.
"""
import asyncio
import sys


class Bank:
    def __init__(self):
        self.accounts = asyncio.Lock()
        self.journal = asyncio.Lock()

    async def transfer(self):
        async with self.accounts:
            await asyncio.sleep(0)
            async with self.journal:
                await asyncio.sleep(0)

    async def audit(self):
        async with self.journal:
            await asyncio.sleep(0)
            async with self.accounts:
                await asyncio.sleep(0)


async def main(how):
    bank = Bank()
    second = bank.transfer if how == "same" else bank.audit
    for _ in range(40):
        if how == "apart":
            await asyncio.create_task(bank.transfer())
            await asyncio.create_task(second())
        else:
            tasks = [asyncio.create_task(bank.transfer())]
            await asyncio.sleep(0.003)  # late enough, this time
            tasks.append(asyncio.create_task(second()))
            await asyncio.wait(tasks)

asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "mixed"))
