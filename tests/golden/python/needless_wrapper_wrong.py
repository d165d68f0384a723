# expect: AW001 Store._guard
# A class that is entered by taking a lock is a lock.
import asyncio


class TimedLock:
    def __init__(self):
        self._inner = asyncio.Lock()
        self.taken = 0

    async def __aenter__(self):
        await self._inner.acquire()
        self.taken += 1

    async def __aexit__(self, *exc):
        self._inner.release()


class Store:
    def __init__(self):
        self._guard = TimedLock()
        self.items = {}

    async def put(self, key, value):
        async with self._guard:
            self.items[key] = value
