# expect: AW001 Pool._lock
import asyncio


class Pool:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.free = []

    async def get(self):
        async with self._lock:
            return await self._take()

    async def _take(self):
        # a coroutine that awaits nothing runs without a break
        return self.free.pop() if self.free else object()

    async def put(self, item):
        async with self._lock:
            self.free.append(item)
