# Its section suspends; the other is given from outside, or is not told from what else there is.
import asyncio


class Limiter:
    def __init__(self, given):
        self.lock, self.n = asyncio.Lock(), 0
        self.other, self.m = given
        (self.third, *self.rest) = (asyncio.Lock(), 1, 2)

    async def take(self):
        async with self.lock:
            await asyncio.sleep(self.n)

    async def more(self):
        async with self.other:
            self.m += 1

    async def rest_of(self):
        async with self.third:
            self.n += 1
