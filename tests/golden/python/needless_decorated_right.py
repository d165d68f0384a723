# A decorator that is not known may make the coroutine suspend.
import asyncio

from somewhere import retry


class Base:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.n = 0

    async def run(self):
        async with self._lock:
            await self.step()

    @retry
    async def step(self):
        self.n += 1
