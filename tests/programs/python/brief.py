# SPDX-License-Identifier: BSD-2-Clause
"""A program that lives for some 0.2 s, with locks and lost updates, and ends at once when it is done.

Prints {"lost": N, "guard": N, "narrow": N}: updates that were lost, sections that others ran in, sections
that nobody could run in; says "begun" on stderr before. How it ends is the first argument: return, exit (os._exit), raise, kill."""
import asyncio
import json
import os
import signal
import sys

TASKS, ROUNDS, WAIT = 4, 10, 0.002


class Stock:
    def __init__(self):
        self.size = 0

    async def add(self):
        size = self.size
        await asyncio.sleep(WAIT)
        self.size = size + 1


class Till:
    def __init__(self):
        self.guard = asyncio.Lock()
        self.narrow = asyncio.Lock()
        self.guarded = self.narrowed = self.sum = 0

    async def pay(self):
        async with self.guard:
            total = self.sum
            await asyncio.sleep(WAIT / TASKS / 2)
            self.sum = total + 1
            self.guarded += 1
        async with self.narrow:
            self.narrowed += 1


async def customer(stock, till):
    for _ in range(ROUNDS):
        await stock.add()
        await till.pay()


async def main():
    stock, till = Stock(), Till()
    print("begun", file=sys.stderr, flush=True)
    await asyncio.gather(*(customer(stock, till) for _ in range(TASKS)))
    truth = {"lost": TASKS * ROUNDS - stock.size, "guard": till.guarded, "narrow": till.narrowed}
    print(json.dumps(truth), flush=True)
    if sys.argv[1] == "exit":
        os._exit(3)
    if sys.argv[1] == "kill":
        os.kill(os.getpid(), signal.SIGKILL)


asyncio.run(main())
if sys.argv[1] == "raise":
    raise SystemExit(4)
