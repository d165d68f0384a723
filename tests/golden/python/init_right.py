# With a lock; checked again after it was waited for; or claimed before the await.
import asyncio


class Client:
    def __init__(self):
        self._conn = None
        self._task = None
        self._lock = asyncio.Lock()

    async def query(self, text):
        async with self._lock:
            if self._conn is None:
                self._conn = await connect("localhost")
        return await self._conn.query(text)

    async def again(self, text):
        if self._conn is None:
            async with self._lock:
                if self._conn is None:
                    self._conn = await connect("localhost")
        return await self._conn.query(text)

    async def claimed(self):
        if self._task is None:
            self._task = asyncio.ensure_future(connect("localhost"))
        return await self._task

    async def close(self):
        if self._conn is not None:
            await self._conn.close()
        if self._task:
            self._task.cancel()
