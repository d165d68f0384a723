# SPDX-License-Identifier: BSD-2-Clause
"""Counts the steps of two loops in two threads. Prints `thread ID steps N` for each."""
import asyncio
import sys
import threading

counts = {}
count_on = asyncio.events.Handle._run


def counted(self):
    if isinstance(getattr(self._callback, "__self__", None), asyncio.Task):
        counts[threading.get_native_id()] += 1
    return count_on(self)


asyncio.events.Handle._run = counted


async def work(lock, value):
    for _ in range(50):
        async with lock:
            await asyncio.sleep(0)
            value[0] += 1
        await asyncio.sleep(0)


async def main(value):
    lock = asyncio.Lock()
    await asyncio.gather(*(work(lock, value) for _ in range(4)))


def run():
    counts[threading.get_native_id()] = 0
    value = [0]
    asyncio.run(main(value))
    assert value == [200]


print("ready", flush=True)
sys.stdin.readline()
threads = [threading.Thread(target=run) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
for thread_id, steps in counts.items():
    print("thread", thread_id, "steps", steps)
print("done", flush=True)
sys.stdin.read()
