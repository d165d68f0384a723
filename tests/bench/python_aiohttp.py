# SPDX-License-Identifier: BSD-2-Clause
"""A service to measure: aiohttp, one handler, one lock. Prints its port."""
import asyncio

from aiohttp import web


class Orders:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.count = 0

    async def order(self, _):
        async with self._lock:
            self.count += 1
        return web.json_response({"order": self.count})


async def main():
    app = web.Application()
    app.add_routes([web.get("/order", Orders().order)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
