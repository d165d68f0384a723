# SPDX-License-Identifier: BSD-2-Clause
"""The canary of CPython programs: asyncio, generators, greenlets, threads, signals and children of
every kind, each of which checks what it has computed.

    canary.py CALLS CHILDREN

Prints the same, traced or not, and ends with 1 if anything was not as it should be. CALLS: awaits.
CALLS `-`: until the end of stdin, which is for tracers that come and go.
"""
import asyncio
import ctypes
import faulthandler
import functools
import hashlib
import math
import os
import select
import signal
import subprocess
import sys
import threading
import traceback
import warnings
import weakref

try:
    import greenlet
except ImportError:
    greenlet = None

TASKS = 5
TURNS = 10  # of each task in a round
THREADS = 2
differences = []
signals = 0


def expect(what, got, wanted):
    if got != wanted:
        differences.append(f"{what}: {got!r}, not {wanted!r}")


def on_signal(number, frame):
    """Runs between any two instructions of the main thread."""
    global signals
    signals += 1
    expect("in a signal", sum(i * i for i in range(10)), 285)


class Shared:
    """State under a lock of each kind."""

    def __init__(self):
        self.lock = asyncio.Lock()
        self.semaphore = asyncio.Semaphore(2)
        self.condition = asyncio.Condition()
        self.event = asyncio.Event()
        self.queue = asyncio.Queue()
        self.value = 0
        self.inside = 0


async def values(seed):
    """What is kept over an await in each kind of variable."""
    whole, half, big = seed, seed / 2, 3**200 + seed
    text, many = f"{seed:x}", [seed, half, {"k": (big,)}]
    await asyncio.sleep(0)
    expect("values", (whole, half, big, text, many), (seed, seed / 2, 3**200 + seed, f"{seed:x}", [seed, seed / 2, {"k": (3**200 + seed,)}]))
    return math.sqrt(seed) + half


async def numbers(count):
    for i in range(count):
        yield i
        await asyncio.sleep(0)


def sent(count):
    total = 0
    for _ in range(count):
        total += yield total
    return total


def delegated(count):
    return (yield from sent(count))


def generator_total():
    run = delegated(4)
    next(run)
    try:
        for i in range(1, 5):
            run.send(i)
    except StopIteration as stop:
        return stop.value
    return None


async def cancelled():
    task = asyncio.ensure_future(asyncio.sleep(60))
    await asyncio.sleep(0)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return "cancelled"
    return "not cancelled"


async def raised(depth):
    if depth:
        return await raised(depth - 1)
    await asyncio.sleep(0)
    raise KeyError(depth)


async def turn(shared, seed):
    got = await values(seed)
    async with shared.lock:
        before = shared.value
        await asyncio.sleep(0)
        expect("the lock excludes", shared.value, before)
        shared.value = before + 1
    await shared.lock.acquire()
    shared.lock.release()
    async with shared.semaphore:
        shared.inside += 1
        await asyncio.sleep(0)
        expect("the semaphore limits", shared.inside <= 2, True)
        shared.inside -= 1
    expect("an asynchronous generator", [i async for i in numbers(3)], [0, 1, 2])
    expect("a generator", generator_total(), 10)
    expect("a cancel", await cancelled(), "cancelled")
    try:
        await raised(5)
    except KeyError as error:
        expect("frames of an exception", len(traceback.extract_tb(error.__traceback__)), 7)
    return got


async def worker(shared, number, digest):
    for i in range(TURNS):
        digest.append((number, i, await turn(shared, number * TURNS + i)))
        if i % 5 == 0:
            await asyncio.wait_for(asyncio.sleep(0.001), 5)
            expect("a thread's result", await asyncio.get_running_loop().run_in_executor(None, pow, 3, i), 3**i)
    async with shared.condition:
        shared.condition.notify_all()
    shared.event.set()
    await shared.queue.put(number)


async def waiter(shared):
    await shared.event.wait()
    return sorted([await shared.queue.get() for _ in range(TASKS)])


async def round_run(digest):
    shared = Shared()
    waits = asyncio.ensure_future(waiter(shared))
    await asyncio.gather(*(worker(shared, number, digest) for number in range(TASKS)))
    expect("the queue", await waits, list(range(TASKS)))
    expect("the count", shared.value, TASKS * TURNS)
    gone = weakref.ref(shared)
    del shared, waits
    return gone


def round_digest():
    """One loop with its tasks: TASKS * TURNS turns of some ten awaits each."""
    digest = []
    gone = asyncio.run(round_run(digest))
    expect("references", gone() is None or sys.getrefcount(gone()) < 6, True)
    return hashlib.sha256(repr(sorted(digest)).encode()).hexdigest()


def aside(loop):
    """Lets other greenlets run in the midst of a step."""
    task = asyncio.current_task(loop)
    asyncio.tasks._leave_task(loop, task)
    asyncio._set_running_loop(None)
    greenlet.getcurrent().parent.switch()
    asyncio._set_running_loop(loop)
    asyncio.tasks._enter_task(loop, task)


def in_greenlet(out):
    loop = asyncio.new_event_loop()

    async def main():
        for i in range(3):
            await asyncio.sleep(0)
            aside(loop)
            out.append(i / 2)

    loop.run_until_complete(main())
    loop.close()


def greenlets():
    outs = [[] for _ in range(3)]
    lets = [greenlet.greenlet(functools.partial(in_greenlet, out)) for out in outs]
    while any(not let.dead for let in lets):
        for let in lets:
            if not let.dead:
                let.switch()
    expect("greenlets", outs, [[0, 0.5, 1]] * 3)


def ctypes_sort():
    """C that calls Python that runs a loop."""
    compare = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))

    async def difference(a, b):
        await asyncio.sleep(0)
        return a - b

    loop = asyncio.new_event_loop()
    array = (ctypes.c_int * 5)(5, 3, 1, 4, 2)
    libc = ctypes.CDLL(None)
    libc.qsort(array, 5, ctypes.sizeof(ctypes.c_int), compare(lambda a, b: loop.run_until_complete(difference(a[0], b[0]))))
    loop.close()
    expect("a callback from C", list(array), [1, 2, 3, 4, 5])


def child_forked(wanted):
    pid = os.fork()
    if not pid:
        status = 1
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(120)  # rather an end than none
        try:
            status = int(round_digest() != wanted or bool(differences))
        finally:
            os._exit(status)
    expect("a forked child", os.waitpid(pid, 0)[1], 0)


def children(wanted):
    """fork, vfork and exec (subprocess), posix_spawn."""
    child_forked(wanted)
    done = subprocess.run([sys.executable, __file__, "child", wanted], check=False)
    expect("a child of vfork and exec", done.returncode, 0)
    pid = os.posix_spawn(sys.executable, [sys.executable, __file__, "child", wanted], os.environ)
    expect("a spawned child", os.waitpid(pid, 0)[1], 0)


def stdin_ended():
    return bool(select.select([0], [], [], 0)[0])


def main():
    faulthandler.enable()  # on an alternate stack
    warnings.simplefilter("ignore", DeprecationWarning)  # of fork beside threads: that is what is tested
    if sys.argv[1] == "child":
        return int(round_digest() != sys.argv[2])
    endless = sys.argv[1] == "-"
    wanted = round_digest()
    rounds = 0 if endless else int(sys.argv[1]) // (TASKS * TURNS * 10 * (THREADS + 1)) + 1
    over = threading.Event()

    def goes_on(done):
        return not over.is_set() if endless else done < rounds

    def in_thread():
        done = 0
        while goes_on(done):
            expect("a thread's digest", round_digest(), wanted)
            done += 1

    threads = [threading.Thread(target=in_thread) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    signal.signal(signal.SIGALRM, on_signal)
    signal.setitimer(signal.ITIMER_REAL, 0.002, 0.002)
    done = made = 0
    if endless:
        print("ready", flush=True)
    while goes_on(done):
        expect("the digest", round_digest(), wanted)
        ctypes_sort()
        if greenlet:
            greenlets()
        done += 1
        while not endless and made * rounds < done * int(sys.argv[2]):
            children(wanted)
            made += 1
        if endless:
            child_forked(wanted)
            if stdin_ended():
                over.set()
    signal.setitimer(signal.ITIMER_REAL, 0)
    for thread in threads:
        thread.join()
    expect("signals came", signals > 0, True)
    for difference in differences[:10]:
        print(difference)
    print("calls", sys.argv[1], "children", sys.argv[2], "digest", wanted[:16], "differences", len(differences))
    return int(bool(differences))


sys.exit(main())
