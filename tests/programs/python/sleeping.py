# SPDX-License-Identifier: BSD-2-Clause
"""Three loops, each of which sleeps in another system call. The task of each suspends once, for good."""
import asyncio
import os
import selectors
import sys
import threading
import time

KINDS = {"select": selectors.SelectSelector, "poll": selectors.PollSelector, "epoll": selectors.EpollSelector}
starts = {}
kept = []  # what nothing else holds


async def last(start):
    await start
    kept.append(asyncio.get_running_loop().create_future())
    await kept[-1]


def run(kind):
    loop = asyncio.SelectorEventLoop(KINDS[kind]())
    asyncio.set_event_loop(loop)
    start = loop.create_future()
    kept.append(loop.create_task(last(start), name=kind))
    starts[kind] = loop, start
    loop.run_forever()


for name in KINDS:
    threading.Thread(target=run, args=(name,), daemon=True).start()
while len(starts) < len(KINDS):
    time.sleep(0.01)
time.sleep(0.1)
print("ready", flush=True)
sys.stdin.readline()
for waiting, future in starts.values():
    waiting.call_soon_threadsafe(future.set_result, None)
time.sleep(0.3)
print("done", flush=True)
sys.stdin.read()
os._exit(0)
