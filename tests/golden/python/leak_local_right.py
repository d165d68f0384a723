# The lock is the function's own: it ends with it, so nobody is kept waiting for ever.
import asyncio


async def run(connection):
    gate = asyncio.Lock()
    await gate.acquire()

    class Blocked:
        async def get(self):
            async with gate:
                return await connection.get()

    task = asyncio.create_task(Blocked().get())
    await asyncio.sleep(1)
    gate.release()
    return await task
