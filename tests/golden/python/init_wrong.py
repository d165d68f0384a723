# expect: AW006 Client._conn
import asyncio


class Client:
    def __init__(self):
        self._conn = None
        self._closed = asyncio.Event()

    async def query(self, text):
        if self._conn is None:
            self._conn = await connect("localhost")
        return await self._conn.query(text)

    async def close(self):
        if self._conn is not None:
            await self._conn.close()
