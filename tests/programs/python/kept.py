# SPDX-License-Identifier: BSD-2-Clause
"""What the facts of tests/golden/facts are recorded of: short, in one file, and true about itself.

`kept.py locks|chains|all|updates`. It prints `ready`, works when it gets a line, prints what it counted and
`done`, and waits for the end of its input. A comment `#: NAME DEPTH` stands in the line of each
frame that is in the await chain of task NAME, the outermost at depth 0; `#@` behind an await whose
passes are counted.

    steps N                         all of them, nested ones too
    tasks N                         that ran
    lock NAME SECTIONS SPANNED WAITS
    suspends TASK TIMES
    path TASK LINE,LINE             the lines of its chain while it is suspended
    wake WAKER WOKEN TIMES          WAKER -: a plain callback
    made CHILD MAKER TIMES
    passed LINE TIMES SUSPENDED
    lost CELL UPDATES
"""
import asyncio
import collections
import contextlib
import re
import sys
import threading

steps = collections.Counter()
wakes = collections.Counter()
made = collections.Counter()
seen = set()
passed = {}
lost = {}
locks = {}
run_on = asyncio.events.Handle._run
call_on = asyncio.base_events.BaseEventLoop.call_soon


def counted_run(self):
    task = getattr(self._callback, "__self__", None)
    if isinstance(task, asyncio.Task):
        steps[task.get_name()] += 1
        seen.add(task)
    return run_on(self)


def counted_call(self, callback, *args, **options):
    woken = getattr(callback, "__self__", None)
    if isinstance(woken, asyncio.Task) and args:
        waker = asyncio.current_task()
        wakes[waker.get_name() if waker else "-", woken.get_name()] += 1
    return call_on(self, callback, *args, **options)


def make(name, coroutine):
    made[name, asyncio.current_task().get_name()] += 1
    return asyncio.create_task(coroutine, name=name)


def passing(suspends):
    """Call it in the line right before an await of which the passes are counted."""
    line = sys._getframe(1).f_lineno + 1
    times, suspended = passed.get(line, (0, 0))
    passed[line] = times + 1, suspended + suspends


class Truth:
    def __init__(self, name):
        self.sections = self.spanned = self.waits = 0
        locks[name] = self

    def coming(self, lock):
        """Call right before acquiring a lock of asyncio."""
        waiters = lock._waiters
        self.waits += bool(lock.locked() or waiters and any(not w.cancelled() for w in waiters))

    def section(self, spanned):
        self.sections += 1
        self.spanned += bool(spanned)


# ---- locks

async def plain(n):
    return n + 1


class Never:
    """Awaits only what never suspends."""

    def __init__(self):
        self._lock = asyncio.Lock()
        self.truth = Truth("Never._lock")

    async def run(self):
        for i in range(8):
            self.truth.coming(self._lock)
            async with self._lock:
                await plain(i)
                self.truth.section(False)
        await asyncio.sleep(0)


class Sometimes:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.truth = Truth("Sometimes._lock")

    async def run(self):
        for i in range(6):
            self.truth.coming(self._lock)
            async with self._lock:
                if i % 3 == 0:
                    await asyncio.sleep(0)
                self.truth.section(i % 3 == 0)


class Contended:
    """Two tasks: most of the time one waits."""

    def __init__(self):
        self._lock = asyncio.Lock()
        self.truth = Truth("Contended._lock")

    async def one(self):
        for _ in range(4):
            self.truth.coming(self._lock)
            async with self._lock:
                await asyncio.sleep(0)
                self.truth.section(True)

    async def run(self):
        await asyncio.gather(self.one(), self.one())


class Permit:
    """A semaphore used as a mutex."""

    def __init__(self):
        self._semaphore = asyncio.Semaphore(1)
        self.truth = Truth("Permit._semaphore")

    async def run(self):
        for i in range(4):
            self.truth.coming(self._semaphore)
            async with self._semaphore:
                if i % 2 == 0:
                    await asyncio.sleep(0)
                self.truth.section(i % 2 == 0)


class Threaded:
    """A lock of threads in a plain `with`, sometimes over an await: a bug by itself."""

    def __init__(self):
        self._lock = threading.Lock()
        self.truth = Truth("Threaded._lock")

    async def run(self):
        for i in range(4):
            with self._lock:
                if i % 2 == 0:
                    await asyncio.sleep(0)
                self.truth.section(i % 2 == 0)


class Nested:
    """One inside the other."""

    def __init__(self):
        self._outer = asyncio.Lock()
        self._inner = asyncio.Lock()
        self.outer = Truth("Nested._outer")
        self.inner = Truth("Nested._inner")

    async def run(self):
        for i in range(4):
            self.outer.coming(self._outer)
            async with self._outer:
                self.inner.coming(self._inner)
                async with self._inner:
                    if i % 2 == 0:
                        await asyncio.sleep(0)
                    self.inner.section(i % 2 == 0)
                self.outer.section(i % 2 == 0)


async def with_locks():
    await asyncio.gather(*(make(c.__name__, c().run()) for c in (
        Never, Sometimes, Contended, Permit, Threaded, Nested)))


# ---- chains

async def deep_2():
    await asyncio.sleep(0)  #: deep 2


async def deep_1():
    return 1 + (
        await deep_2() or 0)  #: deep 1


async def deep():
    for _ in range(3):
        await deep_1()  #: deep 0


async def part():
    await asyncio.sleep(0.001)


async def gathers():
    await asyncio.gather(part(), part())  #: gathers 0


async def wait_for():
    await asyncio.wait_for(make("part", part()), 5)  #: wait_for 0


class ByGenerator:
    def __await__(self):
        yield from asyncio.sleep(0).__await__()  #: by_generator 1


async def by_generator():
    await ByGenerator()  #: by_generator 0


async def items():
    for i in range(2):
        await asyncio.sleep(0)  #: iterates 1
        yield i


async def iterates():
    async for _ in items():  #: iterates 0
        pass


@contextlib.asynccontextmanager
async def manager():
    await asyncio.sleep(0)  #: managed/a 1
    yield
    await asyncio.sleep(0)  #: managed/c 1


async def managed():
    async with manager():  #: managed/a 0 #: managed/c 0
        await asyncio.sleep(0)  #: managed/b 0


async def cancelled():
    try:
        await asyncio.sleep(100)  #: cancelled/a 0
    except asyncio.CancelledError:
        await asyncio.sleep(0)  #: cancelled/b 0


async def failed():
    future = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(future.set_exception, ValueError())
    try:
        await future  #: failed/a 0
    except ValueError:
        await asyncio.sleep(0)  #: failed/b 0


async def with_chains():
    tasks = [make(f.__name__, f()) for f in (
        deep, gathers, wait_for, by_generator, iterates, managed, cancelled, failed)]
    await asyncio.sleep(0)
    tasks[6].cancel()
    await asyncio.gather(*tasks)


def paths():
    """The lines of each way, the outermost first."""
    marks = collections.defaultdict(dict)
    with open(__file__, encoding="utf-8") as source:
        for number, line in enumerate(source, 1):
            for key, depth in re.findall(r"#: (\w+(?:/\w)?) (\d)", line):
                marks[key][int(depth)] = str(number)
    return {key: [lines[i] for i in range(len(lines))] for key, lines in marks.items()}


# ---- all: wake-ups, makers, passes, acquire() by hand, nested steps

async def setter(futures):
    for future in futures:
        passing(True)
        await asyncio.sleep(0)  #@
        future.set_result(1)


async def awaiter(future):
    for i in range(3):
        passing(False)
        await plain(i)  #@
    await future


async def producer(queue):
    for i in range(4):
        await queue.put(i)
    await queue.put(None)


async def consumer(queue):
    while await queue.get() is not None:
        pass


async def victim():
    try:
        await asyncio.sleep(10)
    except asyncio.CancelledError:
        await asyncio.sleep(0)


async def canceller(task):
    await asyncio.sleep(0)
    task.cancel()


class Explicit:
    """Acquired without `with`."""

    def __init__(self):
        self._lock = asyncio.Lock()
        self.truth = Truth("Explicit._lock")

    async def run(self):
        for i in range(4):
            self.truth.coming(self._lock)
            await self._lock.acquire()
            try:
                if i % 2 == 0:
                    await asyncio.sleep(0)
                self.truth.section(i % 2 == 0)
            finally:
                self._lock.release()


async def eager(n):
    if n:
        await asyncio.sleep(0)


async def nests():
    """Tasks that begin inside its own step, from 3.12 on."""
    if sys.version_info < (3, 12):
        return
    for i in range(4):
        made["eager", "nests"] += 1
        steps["eager"] += 1
        task = asyncio.Task(eager(i % 2), loop=asyncio.get_running_loop(), name="eager", eager_start=True)
        seen.add(task)
        await task


async def with_all():
    loop = asyncio.get_running_loop()
    futures = [loop.create_future() for _ in range(2)]
    queue = asyncio.Queue(2)
    tasks = [make(f"awaiter-{i}", awaiter(f)) for i, f in enumerate(futures)]
    tasks += [make("setter", setter(futures)), make("producer", producer(queue)),
              make("consumer", consumer(queue)), make("Explicit", Explicit().run()), make("nests", nests())]
    tasks.append(make("victim", victim()))
    tasks.append(make("canceller", canceller(tasks[-1])))
    await asyncio.gather(*tasks)


# ---- updates

class Racy:
    def __init__(self):
        self.size = 0

    async def add(self):
        size = self.size
        await asyncio.sleep(0)
        self.size = size + 1


class Guarded:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.size = 0

    async def add(self):
        async with self._lock:
            size = self.size
            await asyncio.sleep(0)
            self.size = size + 1


class Again:
    def __init__(self):
        self.size = 0

    async def add(self):
        size = self.size
        await asyncio.sleep(0)
        size = self.size
        self.size = size + 1


async def adds(cell):
    for _ in range(4):
        await cell.add()


async def with_updates():
    for cell in (Racy(), Guarded(), Again()):
        await asyncio.gather(adds(cell), adds(cell))
        lost[type(cell).__name__ + ".size"] = 8 - cell.size


def tell(what):
    print("steps", sum(steps.values()))
    print("tasks", len(seen))
    for name, truth in locks.items():
        print("lock", name, truth.sections, truth.spanned, truth.waits)
    for name, n in lost.items():
        print("lost", name, n)
    if what == "chains":
        for key, path in sorted(paths().items()):
            print("path", key.split("/")[0], ",".join(path))
        for name in sorted({key.split("/")[0] for key in paths()}):
            print("suspends", name, steps[name] - 1)
    if what == "all":
        for (waker, woken), n in sorted(wakes.items()):
            print("wake", waker, woken, n)
        for (child, maker), n in sorted(made.items()):
            print("made", child, maker, n)
        for line, (times, suspended) in sorted(passed.items()):
            print("passed", line, times, suspended)


asyncio.events.Handle._run = counted_run
asyncio.base_events.BaseEventLoop.call_soon = counted_call
print("ready", flush=True)
sys.stdin.readline()
asyncio.run({"locks": with_locks, "chains": with_chains, "all": with_all, "updates": with_updates}[sys.argv[1]]())
tell(sys.argv[1])
print("done", flush=True)
sys.stdin.readline()
