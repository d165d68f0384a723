# SPDX-License-Identifier: BSD-2-Clause
"""Never harmed: loops in two threads, tasks by the thousand, cancels; loops in greenlets when there are any.

Runs until stdin ends and checks that it has computed what it should.
"""
import asyncio
import functools
import sys
import threading

try:
    import greenlet
except ImportError:
    greenlet = None

stop = threading.Event()
totals = []
failures = []


class Counter:
    def __init__(self):
        self.lock = asyncio.Lock()
        self.value = 0

    async def add(self):
        async with self.lock:
            value = self.value
            await asyncio.sleep(0)
            self.value = value + 1


async def agen(n):
    for i in range(n):
        await asyncio.sleep(0)
        yield i


async def work():
    rounds = 0
    counter = Counter()
    while not stop.is_set():
        await asyncio.gather(*(counter.add() for _ in range(10)))
        rounds += 1
        assert counter.value == rounds * 10
        assert [i async for i in agen(3)] == [0, 1, 2]
        task = asyncio.create_task(asyncio.sleep(10))
        await asyncio.sleep(0)
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            pass
    totals.append(rounds)


def aside(loop):
    """Lets other greenlets run in the midst of a step: their loops run in this thread too."""
    task = asyncio.current_task(loop)
    asyncio.tasks._leave_task(loop, task)
    asyncio._set_running_loop(None)
    greenlet.getcurrent().parent.switch()
    asyncio._set_running_loop(loop)
    asyncio.tasks._enter_task(loop, task)


def drive(results):
    """A loop that is driven inside a greenlet, and interrupted half-way."""
    loop = asyncio.new_event_loop()

    async def main():
        for i in range(5):
            await asyncio.sleep(0)
            aside(loop)
            results.append(i)

    loop.run_until_complete(main())
    loop.close()


def in_greenlets():
    rounds = 0
    while not stop.is_set():
        results = [[] for _ in range(3)]
        lets = [greenlet.greenlet(functools.partial(drive, result)) for result in results]
        while any(not let.dead for let in lets):
            for let in lets:
                if not let.dead:
                    let.switch()
        assert results == [[0, 1, 2, 3, 4]] * 3
        rounds += 1
    totals.append(rounds)


def run(function):
    try:
        function()
    except BaseException as error:
        failures.append(error)
        raise


functions = [lambda: asyncio.run(work())] * 2 + [in_greenlets] * (greenlet is not None)
threads = [threading.Thread(target=run, args=(function,)) for function in functions]
for thread in threads:
    thread.start()
print("ready", flush=True)
sys.stdin.read()
stop.set()
for thread in threads:
    thread.join()
print("rounds", *totals, flush=True)
assert not failures and len(totals) == len(functions) and all(totals)
