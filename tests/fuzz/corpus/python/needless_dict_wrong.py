# expect: AW001 Base._locks
import asyncio
from collections import defaultdict


class Base:
    def __init__(self):
        self._locks = defaultdict(asyncio.Lock)
        self.n = {}

    async def run(self, key):
        lock = self._locks[key]
        async with lock:
            self.n[key] = 1
