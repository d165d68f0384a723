# SPDX-License-Identifier: BSD-2-Clause
"""Hangs, each lock in a state of its own; prints what they say of themselves: `dump` must say it too."""
import asyncio
import functools
import json
import sys
import threading
import time


class Box:
    def __init__(self):
        self.ended = asyncio.Lock()  # taken by a task that has ended
        self.callback = asyncio.Lock()  # taken in a plain callback
        self.held = asyncio.Lock()  # taken by `with`, in a task that is suspended
        self.handed = asyncio.Lock()  # released, and who was woken has not run yet
        self.dict = asyncio.Lock()  # as `ended`, of an object that was asked for its __dict__
        self.signal = asyncio.Semaphore(0)
        self.pool = asyncio.Semaphore(2)  # both taken, by `with`
        self.bounded = asyncio.BoundedSemaphore(1)
        self.condition = asyncio.Condition()  # held by one, while another waits to be notified
        self.thread = threading.Lock()
        self.reentrant = threading.RLock()

    async def take_and_end(self):
        await self.ended.acquire()
        await self.dict.acquire()
        self.dict.__dict__["note"] = 1

    def take_in_callback(self):
        step = self.callback.acquire()
        try:
            step.send(None)
        except StopIteration:
            pass

    async def wait_ended(self):
        async with self.ended:
            pass

    async def wait_dict(self):
        async with self.dict:
            pass

    async def wait_callback(self):
        async with self.callback:
            pass

    async def wait_held(self):
        async with self.held:
            pass

    async def hold_held(self):
        async with self.held:
            await asyncio.sleep(3600)

    async def wait_handed(self):
        async with self.handed:
            pass

    async def wait_signal(self):
        await self.signal.acquire()

    async def use_pool(self):
        async with self.pool:
            await asyncio.sleep(3600)

    async def wait_bounded(self):
        async with self.bounded:
            pass

    async def wait_condition(self):
        async with self.condition:
            await self.condition.wait()

    async def hold_condition(self):
        async with self.condition:
            await asyncio.sleep(3600)

    async def want_condition(self):
        async with self.condition:
            pass

    async def hold_threads(self):
        with self.thread, self.reentrant:
            await asyncio.sleep(3600)


async def main():
    box = Box()
    loop = asyncio.get_running_loop()
    tasks = [asyncio.create_task(box.take_and_end())]
    loop.call_soon(box.take_in_callback)
    await box.handed.acquire()
    await box.bounded.acquire()
    await asyncio.sleep(0.01)
    for name in ("wait_ended wait_ended wait_dict wait_callback hold_held wait_held wait_handed wait_handed "
                 "wait_signal use_pool use_pool use_pool wait_bounded wait_condition hold_threads").split():
        tasks.append(asyncio.create_task(getattr(box, name)(), name=name))
    await asyncio.sleep(0.05)
    tasks.append(asyncio.create_task(box.hold_condition(), name="hold_condition"))
    tasks.append(asyncio.create_task(box.want_condition(), name="want_condition"))
    await asyncio.sleep(0.05)
    loop.call_soon(functools.partial(hang, box))
    await asyncio.sleep(3600)


def hang(box):
    box.handed.release()
    print(json.dumps({
        "Box.ended": ["held", box.ended.locked(), None],
        "Box.dict": ["held", box.dict.locked(), None],
        "Box.callback": ["held", box.callback.locked(), None],
        "Box.held": ["held", box.held.locked(), "hold_held"],
        "Box.handed": ["handed over", box.handed.locked(), None],
        "Box.signal": ["none free", box.signal.locked(), None],
        "Box.pool": ["none free", box.pool.locked(), "use_pool"],
        "Box.bounded": ["none free", box.bounded.locked(), None],
        "Box.condition": ["held", box.condition.locked(), "hold_condition"],
        "Box.thread": ["held", box.thread.locked(), "hold_threads"],
        "Box.reentrant": ["held", True, "hold_threads"],
    }), flush=True)
    time.sleep(float(sys.argv[1]) if len(sys.argv) > 1 else 3600)


asyncio.run(main())
