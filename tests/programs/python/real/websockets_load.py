# SPDX-License-Identifier: BSD-2-Clause
"""Customers of websockets_service.py: `websockets_load.py SOCKET CONNECTIONS MESSAGES`; checks every echo."""
import asyncio
import sys

import websockets


async def customer(path, number, messages):
    wrong = 0
    async with websockets.unix_connect(path) as socket:
        for i in range(messages):
            await socket.send(f"{number} {i}")
            wrong += await socket.recv() != f"{number} {i}"
    return wrong


async def main(path, connections, messages):
    wrong = sum(await asyncio.gather(*(customer(path, i, messages) for i in range(connections))))
    print("answered", connections * messages, "wrong", wrong)
    return wrong

sys.exit(bool(asyncio.run(main(sys.argv[1], *map(int, sys.argv[2:4])))))
