# SPDX-License-Identifier: BSD-2-Clause
"""What the web services do: a catalogue, a ledger and baskets, each with a lock of its own kind."""
import asyncio
import threading

from truth import Truth


class Catalogue:
    """No section suspends."""

    def __init__(self):
        self._lock = asyncio.Lock()
        self.truth = Truth("Catalogue._lock")
        self.asked = 0

    async def price(self, item):
        self.truth.coming(self._lock)
        async with self._lock:
            self.asked += 1
            self.truth.section(False)
            return await self.look_up(item)

    async def look_up(self, item):
        return item * 3


class Ledger:
    """Every fourth section suspends."""

    def __init__(self):
        self._lock = asyncio.Lock()
        self.truth = Truth("Ledger._lock")
        self.booked = 0

    async def book(self):
        self.truth.coming(self._lock)
        async with self._lock:
            before = self.booked
            slow = before % 4 == 0
            if slow:
                await asyncio.sleep(0)
            self.booked = before + 1
            self.truth.section(slow)


class Baskets:
    """A lock for each customer, made when first asked for."""

    def __init__(self):
        self._locks = {}
        self.truth = Truth("Baskets._locks[customer]")
        self.items = {}

    async def add(self, customer, item):
        lock = self._locks.setdefault(customer, asyncio.Lock())
        self.truth.coming(lock)
        async with lock:
            items = self.items.setdefault(customer, [])
            await asyncio.sleep(0)
            items.append(item)
            self.truth.section(True)


class Audit:
    """A lock of threads, used as it should be: never over a suspension.

    What a plain thread takes is not counted: a tracer of tasks does not see it.
    """

    def __init__(self):
        self._lock = threading.Lock()
        self.truth = Truth("Audit._lock")
        self.lines = 0

    def note(self, by_task=True):
        with self._lock:
            self.lines += 1
            if by_task:
                self.truth.section(False)


class Shop:
    def __init__(self):
        self.catalogue, self.ledger = Catalogue(), Ledger()
        self.baskets, self.audit = Baskets(), Audit()
        self.served = 0

    async def price(self, item):
        self.audit.note()
        self.served += 1
        return await self.catalogue.price(item)

    async def order(self, customer, item):
        await self.baskets.add(customer, item)
        await self.ledger.book()
        self.audit.note()
        self.served += 1
        return self.served
