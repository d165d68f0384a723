# expect: AW001 Base._lock
import asyncio


class Base:
    def __init__(self, parallel):
        self._lock = asyncio.Lock() if parallel else None
        self.n = 0

    async def run(self):
        if self._lock:
            async with self._lock:
                self.n += 1
        else:
            self.n += 1
