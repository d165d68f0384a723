# expect: AW001 Limiter.lock
# A lock may be made in an assignment of several values at once.
import asyncio


class Limiter:
    def __init__(self):
        self.lock, self.n = asyncio.Lock(), 0

    async def take(self):
        async with self.lock:
            self.n += 1
