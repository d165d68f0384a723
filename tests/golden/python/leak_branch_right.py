# Released on each way, also the cancelled one; what is awaited after that is not its business.
import asyncio


class Pool:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.connections = []

    async def acquire(self):
        await self._lock.acquire()
        for connection in self.connections:
            if not connection.busy:
                self._lock.release()
                return connection
        if len(self.connections) < 10:
            try:
                connection = await self.connect()
            except BaseException:
                self._lock.release()
                raise
            self._lock.release()
            return connection
        else:
            self._lock.release()
        while True:
            await asyncio.sleep(1)

    async def connect(self):
        await asyncio.sleep(1)
        return object()
