# The lock may be given by the caller.
import asyncio


class Base:
    def __init__(self, lock=None):
        self._lock = lock or asyncio.Lock()
        self.n = 0

    async def run(self):
        async with self._lock:
            self.n += 1
