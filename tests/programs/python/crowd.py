# SPDX-License-Identifier: BSD-2-Clause
"""Many of something: `crowd.py tasks|threads|locks N`. Says itself how many there were.

tasks: N that wait for one event, take one lock in turn and suspend in it: `steps`, `tasks`,
`sections`. threads: N at once, each with a loop and a lock of its own. locks: N of different names,
in classes of a hundred.
"""
import asyncio
import pathlib
import sys
import tempfile
import threading

import counting

ROUNDS = 3


class Gate:
    def __init__(self):
        self.lock = asyncio.Lock()

    async def through(self):
        async with self.lock:
            await asyncio.sleep(0)


async def tasks(count):
    gate, opened = Gate(), asyncio.Event()

    async def visitor(number):
        await opened.wait()
        if number % 100 == 0:
            await gate.through()

    visitors = [asyncio.create_task(visitor(i)) for i in range(count)]
    await asyncio.sleep(0)
    opened.set()
    await asyncio.gather(*visitors)
    print("sections", (count + 99) // 100)


def thread(begun):
    async def own_loop():
        gate = Gate()
        begun.wait()
        for _ in range(ROUNDS):
            await gate.through()

    asyncio.run(own_loop())


def threads(count):
    begun = threading.Barrier(count)
    all_of_them = [threading.Thread(target=thread, args=(begun,)) for _ in range(count)]
    for one in all_of_them:
        one.start()
    for one in all_of_them:
        one.join()
    print("sections", ROUNDS * count)


def class_source(number):
    numbers = range(100 * number, 100 * number + 100)
    makes = "".join(f"        self.lock_{i} = asyncio.Lock()\n" for i in numbers)
    takes = "".join(f"        async with self.lock_{i}:\n            await asyncio.sleep(0)\n"
                    for i in numbers)
    return (f"class Hall{number}:\n    def __init__(self):\n{makes}\n"
            f"    async def use(self):\n{takes}\n")


async def locks(count):
    with tempfile.TemporaryDirectory() as folder:
        sys.path.insert(0, folder)
        source = "import asyncio\n" + "".join(map(class_source, range(count // 100)))
        pathlib.Path(folder, "halls.py").write_text(source, encoding="utf-8")
        import halls

        for number in range(count // 100):
            await getattr(halls, f"Hall{number}")().use()
        print("sections", count // 100 * 100)


def main():
    what, count = sys.argv[1], int(sys.argv[2])
    counting.counting_steps = True
    if what == "threads":
        threads(count)
    else:
        asyncio.run({"tasks": tasks, "locks": locks}[what](count))
        print("steps", counting.steps)


main()
