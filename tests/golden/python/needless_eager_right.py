# A task that is started eagerly runs inside the section.
import asyncio


class Box:
    def __init__(self, loop):
        self.lock = asyncio.Lock()
        self.loop = loop

    def start(self):
        return asyncio.Task(self.use(), loop=self.loop, eager_start=True)

    async def use(self):
        async with self.lock:
            self.start()
