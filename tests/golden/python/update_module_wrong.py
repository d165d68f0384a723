# expect: AW007 update_module_wrong.total
import asyncio

total = 0


async def add(n):
    global total
    old = total
    await asyncio.sleep(0)
    total = old + n
