# A condition waits with the lock of its own released, so the lock is used by others too.
import asyncio


class Base:
    def __init__(self):
        self._lock = asyncio.Lock()
        self._cond = asyncio.Condition(self._lock)
        self.n = 0

    async def run(self):
        async with self._lock:
            self.n += 1

    async def wait(self):
        async with self._cond:
            await self._cond.wait()
