# SPDX-License-Identifier: BSD-2-Clause
"""A service to measure: lines come back, over asyncio's streams, under a lock. Prints its port."""
import asyncio


class Echo:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.lines = 0

    async def serve(self, reader, writer):
        while line := await reader.readline():
            async with self._lock:
                self.lines += 1
            writer.write(line)
            await writer.drain()


async def main():
    server = await asyncio.start_server(Echo().serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
