# SPDX-License-Identifier: BSD-2-Clause
"""Never harmed: loops in two threads, tasks by the thousand, cancels; loops in greenlets when there are any.

Runs until stdin ends and checks that it has computed what it should.
"""
import asyncio
import sys
import threading

stop = threading.Event()
totals = []


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


def in_greenlets():
    """Loops that are driven inside greenlets and interrupted half-way."""
    try:
        import greenlet
    except ImportError:
        return
    while not stop.is_set():
        def drive():
            loop = asyncio.new_event_loop()

            async def main():
                for _ in range(5):
                    await asyncio.sleep(0)
                    greenlet.getcurrent().parent.switch()
            loop.run_until_complete(main())
            loop.close()
        lets = [greenlet.greenlet(drive) for _ in range(3)]
        while any(not g.dead for g in lets):
            for g in lets:
                if not g.dead:
                    g.switch()


threads = [threading.Thread(target=lambda: asyncio.run(work())) for _ in range(2)]
threads.append(threading.Thread(target=in_greenlets))
for thread in threads:
    thread.start()
print("ready", flush=True)
sys.stdin.read()
stop.set()
for thread in threads:
    thread.join()
assert len(totals) == 2 and all(totals)
