# expect: AW004 Store._lock
import asyncio


class Store:
    def __init__(self):
        self._lock = asyncio.Lock()

    async def save(self):
        await self._lock.acquire()
        await asyncio.sleep(1)
        self._lock.release()
