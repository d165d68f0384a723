# The grammar does not know this class header, and the lock is named in it: nothing is proven.
import asyncio


class Store:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.items = {}

    async def put(self, key, value):
        async with self._lock:
            self.items[key] = value


class Other[T = int]:
    async def put(self, store: Store):
        async with store._lock:
            await asyncio.sleep(1)
