# expect: AW007 Account.balance
import asyncio


class Account:
    def __init__(self):
        self.balance = 0
        self._changed = asyncio.Event()

    async def add(self):
        self.balance += await fetch()
