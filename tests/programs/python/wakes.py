# SPDX-License-Identifier: BSD-2-Clause
"""Wake-ups of every kind, counted by whoever is asked to schedule them: (waker, woken)."""
import asyncio
import collections
import counting

wakes = collections.Counter()
call_soon = asyncio.base_events.BaseEventLoop.call_soon


def counted(self, callback, *args, **options):
    woken = getattr(callback, "__self__", None)
    if isinstance(woken, asyncio.Task) and args:
        waker = asyncio.current_task()
        wakes[waker.get_name() if waker else "-", woken.get_name()] += 1
    return call_soon(self, callback, *args, **options)


asyncio.base_events.BaseEventLoop.call_soon = counted


async def setter(futures):
    for future in futures:
        await asyncio.sleep(0)
        future.set_result(1)


async def awaiter(future):
    await future


async def producer(queue):
    for i in range(20):
        await queue.put(i)
    await queue.put(None)


async def consumer(queue):
    while await queue.get() is not None:
        pass


async def locker(lock, rounds):
    for _ in range(rounds):
        async with lock:
            await asyncio.sleep(0)


async def notifier(condition, event):
    await asyncio.sleep(0.001)
    async with condition:
        condition.notify_all()
    event.set()


async def waiter(condition, event):
    async with condition:
        await condition.wait()
    await event.wait()


async def sleeper():
    for _ in range(5):
        await asyncio.sleep(0.001)


async def victim():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        await asyncio.sleep(0)


async def canceller(task):
    await asyncio.sleep(0.001)
    task.cancel()


async def bystander():
    """Its step is over when callbacks wake others: it must not be blamed."""
    for _ in range(30):
        await asyncio.sleep(0)


def named(name, coroutine):
    return asyncio.create_task(coroutine, name=name)


async def load():
    loop = asyncio.get_running_loop()
    futures = [loop.create_future() for _ in range(8)]
    queue, lock = asyncio.Queue(3), asyncio.Lock()
    condition, event = asyncio.Condition(), asyncio.Event()
    tasks = [named(f"awaiter-{i}", awaiter(f)) for i, f in enumerate(futures)]
    tasks += [named("setter", setter(futures)), named("producer", producer(queue)),
              named("consumer", consumer(queue)), named("sleeper", sleeper()),
              named("notifier", notifier(condition, event)), named("bystander", bystander())]
    tasks += [named(f"locker-{i}", locker(lock, 5)) for i in range(4)]
    tasks += [named(f"waiter-{i}", waiter(condition, event)) for i in range(3)]
    target = named("victim", victim())
    tasks += [target, named("canceller", canceller(target))]
    await asyncio.gather(*tasks)
    for i in range(5):
        await named("joined", asyncio.sleep(0))
    late = loop.create_future()
    loop.call_later(0.001, late.set_result, 1)
    await named("timed", awaiter(late))
    await loop.run_in_executor(None, int)
    for (waker, woken), n in sorted(wakes.items()):
        print("wake", waker, woken, n)

if __name__ == "__main__":
    counting.main(load)
