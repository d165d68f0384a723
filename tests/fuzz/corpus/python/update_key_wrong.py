# expect: AW007 Account.balances[name]
import asyncio


class Account:
    def __init__(self):
        self.balances = {}
        self._changed = asyncio.Event()

    async def add(self, name, amount):
        old = self.balances[name]
        await asyncio.sleep(0.1)
        self.balances[name] = old + amount
