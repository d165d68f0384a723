# expect: AW002 Store._lock
import asyncio


class Store:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.rows = []

    async def all(self):
        async with self._lock:
            for row in self.rows:
                yield row
