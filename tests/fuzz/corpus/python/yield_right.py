# A context manager is meant to yield while it holds the lock.
import asyncio
from contextlib import asynccontextmanager


class Store:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.rows = []

    @asynccontextmanager
    async def session(self):
        async with self._lock:
            yield self.rows

    async def all(self):
        async with self._lock:
            rows = list(self.rows)
            await asyncio.sleep(0)
        for row in rows:
            yield row
