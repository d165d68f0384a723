# Asking whether it is locked makes the lock a flag.
import asyncio


class Base:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.n = 0

    async def run(self):
        if self._lock.locked():
            return
        async with self._lock:
            self.n += 1
