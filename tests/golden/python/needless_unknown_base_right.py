# What the outer class awaits may come from a library.
import asyncio

from somewhere import Mixin


class Base(Mixin):
    def __init__(self):
        self._lock = asyncio.Lock()

    async def run(self):
        async with self._lock:
            await self.step()
