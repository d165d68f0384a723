# The same pool, but making a connection suspends: the lock is needed.
import asyncio


class Pool:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.free = []

    async def get(self):
        async with self._lock:
            return await self._take()

    async def _take(self):
        if not self.free:
            self.free.append(await asyncio.open_connection("localhost", 1))
        return self.free.pop()

    async def put(self, item):
        async with self._lock:
            self.free.append(item)
