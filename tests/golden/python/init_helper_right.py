# All callers of the private function hold the lock.
import asyncio


class Client:
    def __init__(self):
        self._conn = None
        self._lock = asyncio.Lock()

    async def query(self, text):
        async with self._lock:
            await self._ensure()

    async def _ensure(self):
        if self._conn is None:
            self._conn = await connect("localhost")

    async def close(self):
        if self._conn is not None:
            await self._conn.close()
