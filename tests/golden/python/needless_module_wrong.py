# expect: AW001 needless_module_wrong.lock
import asyncio

lock = asyncio.Lock()
count = 0


async def add():
    global count
    async with lock:
        count += 1
