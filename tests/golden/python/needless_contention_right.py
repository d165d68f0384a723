# The inner lock is held over a suspension elsewhere, so waiting for it suspends.
import asyncio


class Base:
    def __init__(self):
        self._outer = asyncio.Lock()
        self._inner = asyncio.Lock()
        self.n = 0

    async def run(self):
        async with self._outer:
            async with self._inner:
                self.n += 1

    async def slow(self):
        async with self._inner:
            await asyncio.sleep(1)
