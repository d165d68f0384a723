# SPDX-License-Identifier: BSD-2-Clause
"""Counts: a program whose last steps are right before its end, which comes as its argument says.

The functions of the last steps run then for the first time, and their code is gone at once."""
import asyncio
import os
import signal
import sys
import time


class Ending:
    def __init__(self):
        self._lock = asyncio.Lock()

    async def first(self):
        for _ in range(50):
            async with self._lock:
                pass
            await asyncio.sleep(0)

    async def last(self):
        async with self._lock:
            await asyncio.sleep(0.001)


async def main():
    ending = Ending()
    await ending.first()
    await asyncio.to_thread(time.sleep, 0)
    await ending.last()
    print("lock Ending._lock 51 1 0", flush=True)
    if sys.argv[1] == "exit":
        os._exit(0)
    if sys.argv[1] == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if sys.argv[1] == "exec":
        os.execv("/bin/true", ["true"])


asyncio.run(main())
