# Read again after the suspension; under a lock; another entry; a value that does not derive from it.
import asyncio


class Account:
    def __init__(self):
        self.balance = 0
        self.balances = {}
        self._lock = asyncio.Lock()

    async def add(self, amount):
        fetched = await fetch(amount)
        self.balance += fetched

    async def locked(self, amount):
        async with self._lock:
            old = self.balance
            await asyncio.sleep(0.1)
            self.balance = old + amount

    async def entries(self, name, amount):
        old = self.balances[name]
        name = await fetch(name)
        self.balances[name] = old + amount

    async def last_wins(self, amount):
        print(self.balance)
        await asyncio.sleep(0.1)
        self.balance = amount
