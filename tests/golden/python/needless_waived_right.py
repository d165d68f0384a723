import asyncio


class Base:
    def __init__(self):
        self._lock = asyncio.Lock()  # awaitness: atomic-by-intent
        self.n = 0

    async def run(self):
        async with self._lock:
            self.n += 1
