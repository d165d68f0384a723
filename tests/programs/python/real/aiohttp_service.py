# SPDX-License-Identifier: BSD-2-Clause
"""An aiohttp server: `aiohttp_service.py PORT [uvloop]`; SIGTERM ends it, and it prints its counts."""
import asyncio
import signal
import sys

from aiohttp import web

import truth
from shop import Shop

rates_lock = asyncio.Lock()
rates_truth = truth.Truth("aiohttp_service.rates_lock")


async def price(request):
    shop = request.app["shop"]
    rates_truth.coming(rates_lock)
    async with rates_lock:
        rates_truth.section(False)
    return web.json_response({"price": await shop.price(int(request.match_info["item"]))})


async def order(request):
    shop = request.app["shop"]
    number = int(request.match_info["item"])
    return web.json_response({"order": await shop.order(number % 5, number)})


async def report(request):
    """Acquires what the application keeps by a key."""
    lock = truth.locks['app["report"]']
    lock.coming(request.app["report"])
    async with request.app["report"]:
        await asyncio.sleep(0)
        lock.section(True)
    return web.json_response({"served": request.app["shop"].served})


async def main(port):
    app = web.Application()
    app["shop"] = Shop()
    app["report"] = asyncio.Lock()
    truth.Truth('app["report"]')
    app.add_routes([web.get("/price/{item}", price), web.get("/order/{item}", order), web.get("/report/{item}", report)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    print("ready", type(asyncio.get_running_loop()).__module__, flush=True)
    await stop.wait()
    await runner.cleanup()
    truth.tell(app["shop"].served)

if len(sys.argv) > 2:
    import uvloop
    uvloop.install()
asyncio.run(main(int(sys.argv[1])))
