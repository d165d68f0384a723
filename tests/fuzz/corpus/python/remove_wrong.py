# expect: AW103 Hub.clients[name]
import asyncio


class Hub:
    def __init__(self):
        self.clients = {}
        self._closed = asyncio.Event()

    async def leave(self, name):
        if name in self.clients:
            await asyncio.sleep(1)
            del self.clients[name]
