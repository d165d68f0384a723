# The lock is handed on: others may hold it over a suspension.
import asyncio


class Base:
    def __init__(self, friend):
        self._lock = asyncio.Lock()
        self.n = 0
        friend.lend(self._lock)

    async def run(self):
        async with self._lock:
            self.n += 1
