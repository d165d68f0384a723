# SPDX-License-Identifier: BSD-2-Clause
"""A web shop on asyncio streams, for `make demo`: each class below has its fault, as real ones do.

`shop.py SOCKET` serves requests of one line (`order N`, `price N`) on a Unix
socket until SIGTERM, and then prints what it counted about itself.
"""
import asyncio
import signal
import sys
import threading


class Stock:
    """Guards nothing: no section of this lock ever suspends."""

    def __init__(self):
        self._lock = asyncio.Lock()
        self.items = {}
        self.sections = 0

    async def reserve(self, item):
        async with self._lock:
            self.items[item] = self.items.get(item, 1000) - 1
            self.sections += 1


class Ledger:
    """Loses orders: read, suspended, written."""

    def __init__(self):
        self.orders = 0
        self.booked = 0

    async def book(self):
        orders = self.orders
        await write_journal(orders)
        self.orders = orders + 1
        self.booked += 1


class Rates:
    """Held over a suspension: everybody queues while one asks for the rates."""

    def __init__(self):
        self._lock = asyncio.Lock()
        self.asked = self.sections = 0
        self._rate = None

    async def get(self):
        async with self._lock:
            self.sections += 1
            if self.asked % 8 == 0:
                await ask_bank()
                self._rate = 1.5
            self.asked += 1
            return self._rate


class Audit:
    """Stops the whole loop, sooner or later: a thread lock held over a suspension."""

    def __init__(self):
        self._lock = threading.Lock()
        self.lines = 0

    async def note(self):
        if self._lock.locked():
            return
        with self._lock:
            await asyncio.sleep(0)
            self.lines += 1


async def write_journal(_):
    await asyncio.sleep(0.001)


async def ask_bank():
    await asyncio.sleep(0.002)


class Cache:
    async def get(self, item):  # async, and never suspends
        return item * 3


class Shop:
    def __init__(self):
        self.stock, self.ledger, self.rates = Stock(), Ledger(), Rates()
        self.audit, self.cache = Audit(), Cache()

    async def order(self, item):
        await self.stock.reserve(item)
        await self.ledger.book()
        await self.audit.note()
        return "ordered"

    async def price(self, item):
        return await self.cache.get(item) * await self.rates.get()

    async def serve(self, reader, writer):
        while line := await reader.readline():
            what, item = line.split()
            handle = self.order if what == b"order" else self.price
            writer.write(f"{await handle(int(item))}\n".encode())
            await writer.drain()
        writer.close()


async def main(path):
    shop, stop = Shop(), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    server = await asyncio.start_unix_server(shop.serve, path)
    await stop.wait()
    server.close()
    print("stock sections", shop.stock.sections)
    print("rates sections", shop.rates.sections)
    print("audit sections", shop.audit.lines)
    print("orders booked", shop.ledger.booked, "lost", shop.ledger.booked - shop.ledger.orders)

if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
