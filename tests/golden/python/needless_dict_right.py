import asyncio
from collections import defaultdict


class Base:
    def __init__(self):
        self._locks = defaultdict(asyncio.Lock)
        self.n = {}

    async def run(self, key):
        lock = self._locks[key]
        async with lock:
            self.n[key] = await asyncio.sleep(1, key)
