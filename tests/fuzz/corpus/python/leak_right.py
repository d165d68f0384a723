import asyncio


class Store:
    def __init__(self):
        self._lock = asyncio.Lock()

    async def save(self):
        await self._lock.acquire()
        try:
            await asyncio.sleep(1)
        finally:
            self._lock.release()

    async def save_too(self):
        await self._lock.acquire()
        try:
            await asyncio.sleep(1)
        except BaseException:
            self._lock.release()
            raise
        self._lock.release()
