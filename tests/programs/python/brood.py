# SPDX-License-Identifier: BSD-2-Clause
"""A process with so many short children (the argument), and one at their end that has tasks.

brood.py CHILDREN: they live half a second, a hundred at a time; prints what the last one counted:
`sections N`.
"""
import asyncio
import subprocess
import sys

SECTIONS = 40


class Nest:
    def __init__(self):
        self.lock = asyncio.Lock()

    async def feed(self):
        async with self.lock:
            await asyncio.sleep(0.01)


async def last():
    nest = Nest()
    await asyncio.sleep(3)  # it is found among the processes within that
    for _ in range(SECTIONS):
        await nest.feed()
    print("sections", SECTIONS, flush=True)


async def main(children):
    for _ in range(0, children, 100):
        brood = [await asyncio.create_subprocess_exec("sleep", "0.5") for _ in range(100)]
        for child in brood:
            await child.wait()
    await asyncio.to_thread(subprocess.run, [sys.executable, __file__, "last"], check=True)


asyncio.run(last() if sys.argv[1] == "last" else main(int(sys.argv[1])))
