# SPDX-License-Identifier: BSD-2-Clause
"""A master that is no asyncio program, with forked workers that are: each counts itself.

`workers.py FOLDER NUMBER [late]`: a worker says `FOLDER/ready.N`, waits for
`FOLDER/go`, runs its load, and writes `FOLDER/done.N`: its pid and what it
counted. `late`: one more worker is started by `exec` half-way. A worker that
finds `FOLDER/hang.N` waits with a lock held until it is killed.
"""
import asyncio
import os
import subprocess
import sys
import time

ROUNDS = 200


class Store:
    def __init__(self):
        self._narrow, self._wide = asyncio.Lock(), asyncio.Lock()
        self.narrow = self.wide = 0

    async def count(self):
        async with self._narrow:
            self.narrow += 1

    async def work(self):
        async with self._wide:
            await asyncio.sleep(0)
            self.wide += 1


def mark(path, text=""):
    with open(path + ".part", "w") as file:
        file.write(text)
    os.rename(path + ".part", path)


async def worker(folder, number):
    store = Store()
    mark(f"{folder}/ready.{number}")
    while not os.path.exists(f"{folder}/go"):
        await asyncio.sleep(0.02)
    for _ in range(ROUNDS):
        await asyncio.gather(store.count(), store.count(), store.work())
    mark(f"{folder}/done.{number}", f"{os.getpid()} {store.narrow} {store.wide}\n")
    while os.path.exists(f"{folder}/hang.{number}"):
        async with store._wide:
            await asyncio.sleep(0.1)
    while not os.path.exists(f"{folder}/end"):
        await asyncio.sleep(0.02)


def main(folder, count, late):
    children = []
    for number in range(count):
        pid = os.fork()
        if not pid:
            asyncio.run(worker(folder, number))
            os._exit(0)
        children.append(pid)
    if late:
        while not os.path.exists(f"{folder}/late"):
            time.sleep(0.02)
        program = [sys.executable, __file__, "worker", folder, str(count)]
        children.append(subprocess.Popen(program).pid)
    for child in children:
        os.waitpid(child, 0)

if __name__ == "__main__":
    if sys.argv[1] == "worker":
        asyncio.run(worker(sys.argv[2], int(sys.argv[3])))
    else:
        main(sys.argv[1], int(sys.argv[2]), "late" in sys.argv[3:])
