# What is awaited is the property's own coroutine, not what that returns.
import asyncio


async def quick():
    return 1


class Box:
    def __init__(self):
        self.lock = asyncio.Lock()

    @property
    async def ready(self) -> "quick":
        await asyncio.sleep(1)
        return quick()

    async def use(self):
        async with self.lock:
            await self.ready
