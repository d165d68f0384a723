import asyncio


class Hub:
    def __init__(self):
        self.clients = {}
        self._closed = asyncio.Event()

    async def leave(self, name):
        if name in self.clients:
            del self.clients[name]
            await asyncio.sleep(1)
