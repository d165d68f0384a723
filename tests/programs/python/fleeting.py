# SPDX-License-Identifier: BSD-2-Clause
"""Functions that are made, run once and gone at once: nothing is left to be read of them.

Prints `suspensions N`: how often one of them was suspended."""
import asyncio
import time

ROUNDS = 50
SOURCE = """
async def fleeting_{0}(sleep):
    await sleep(0.0001)
    await sleep(0)
"""


async def main():
    for i in range(ROUNDS):
        names = {}
        exec(compile(SOURCE.format(i), f"fleeting_{i}.py", "exec"), names)
        await names[f"fleeting_{i}"](asyncio.sleep)
        del names
        # What is made of the same size takes the place of what has gone.
        [compile("x = 1\n" * 20, "nothing", "exec") for _ in range(20)]
    print("suspensions", 2 * ROUNDS, flush=True)
    time.sleep(0.2)


asyncio.run(main())
