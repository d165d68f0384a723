# expect: AW006 Client._conn
import asyncio


class Client:
    def __init__(self):
        self._conn = None
        self._closed = asyncio.Event()

    async def query(self, text):
        if not self._conn:
            await self._connect()
        return await self._conn.query(text)

    async def _connect(self):
        conn = await connect("localhost")
        await conn.login()
        self._conn = conn

    async def close(self):
        if self._conn is not None:
            await self._conn.close()
