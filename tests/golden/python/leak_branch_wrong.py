# expect: AW004 Pool._lock
# The lock is released on each way out but one: CancelledError is no Exception.
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
            except Exception as error:
                self._lock.release()
                raise ConnectionError() from error
            self._lock.release()
            return connection
        self._lock.release()
        return None

    async def connect(self):
        await asyncio.sleep(1)
        return object()
