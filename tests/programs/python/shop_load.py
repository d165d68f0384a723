# SPDX-License-Identifier: BSD-2-Clause
"""Customers of shop.py: `shop_load.py SOCKET CONNECTIONS SECONDS`; prints how many were served."""
import asyncio
import sys
import time


async def customer(path, number, until):
    reader, writer = await asyncio.open_unix_connection(path)
    served = 0
    while time.monotonic() < until:
        what = "price" if (number + served) % 3 else "order"
        writer.write(f"{what} {served % 50}\n".encode())
        if not await reader.readline():
            break
        served += 1
    writer.close()
    return served


async def main(path, connections, seconds):
    until = time.monotonic() + seconds
    served = await asyncio.gather(*(customer(path, i, until) for i in range(connections)))
    print("served", sum(served))

asyncio.run(main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3])))
