# SPDX-License-Identifier: BSD-2-Clause
"""A websockets echo that tells a room too: `websockets_service.py SOCKET`; SIGTERM ends it."""
import asyncio
import signal
import sys

import websockets

import truth


class Room:
    """Who is in, and the last word; told to everybody under one lock."""

    def __init__(self):
        self._lock = asyncio.Lock()
        self.truth = truth.Truth("Room._lock")
        self.members = set()
        self.said = 0

    async def join(self, member):
        self.truth.coming(self._lock)
        async with self._lock:
            self.members.add(member)
            self.truth.section(False)

    async def say(self, member, word):
        self.truth.coming(self._lock)
        async with self._lock:
            said = self.said
            await asyncio.sleep(0)
            self.said = said + 1
            self.truth.section(True)
        await member.send(word)


async def main(path):
    room, stop = Room(), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)

    async def serve(socket):
        await room.join(socket)
        async for word in socket:
            await room.say(socket, word)

    async with websockets.unix_serve(serve, path):
        print("ready", flush=True)
        await stop.wait()
    truth.tell(room.said)

asyncio.run(main(sys.argv[1]))
