# Another class uses the lock by an object whose class is not known.
import asyncio


class Base:
    def __init__(self):
        self._guard = asyncio.Lock()
        self.n = 0

    async def run(self):
        async with self._guard:
            self.n += 1


class Other:
    async def run(self, base):
        async with base._guard:
            await asyncio.sleep(1)
