# SPDX-License-Identifier: BSD-2-Clause
"""For `uvicorn --workers 2 starlette_service:app`; each worker prints its counts at its end."""
import asyncio
import os

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

import truth
from shop import Shop

shop = Shop()


async def price(request):
    return JSONResponse({"pid": os.getpid(), "price": await shop.price(request.path_params["item"])})


async def order(request):
    number = request.path_params["item"]
    return JSONResponse({"pid": os.getpid(), "order": await shop.order(number % 5, number)})


def report(request):
    """Runs in a thread: it is not async."""
    shop.audit.note(by_task=False)
    return JSONResponse({"pid": os.getpid(), "served": shop.served})


async def started():
    os.write(1, f"ready {os.getpid()} {type(asyncio.get_running_loop()).__module__}\n".encode())


async def ended():
    truth.tell(shop.served)

app = Starlette(routes=[Route("/price/{item:int}", price), Route("/order/{item:int}", order),
                        Route("/report/{item:int}", report)],
                on_startup=[started], on_shutdown=[ended])
