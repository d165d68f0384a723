# A subclass suspends in what the section awaits.
import asyncio


class Base:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.n = 0

    async def run(self):
        async with self._lock:
            await self.step()

    async def step(self):
        self.n += 1


class Slow(Base):
    async def step(self):
        await asyncio.sleep(1)
