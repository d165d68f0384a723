import asyncio


class Hub:
    def __init__(self):
        self.clients = set()
        self._closed = asyncio.Event()

    async def send(self, message):
        for client in list(self.clients):
            await client.send(message)

    def join(self, client):
        self.clients.add(client)
