# expect: AW001 Base._inner
# expect: AW001 Base._outer
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
