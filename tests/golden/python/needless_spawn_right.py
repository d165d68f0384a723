# A task that is started in the section might run at once (eager tasks).
import asyncio


class Base:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.n = 0

    async def run(self):
        async with self._lock:
            asyncio.create_task(self.other())

    async def other(self):
        async with self._lock:
            self.n += 1
