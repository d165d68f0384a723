# expect: AW901 ignore[AW007] old
import asyncio


class Account:
    def __init__(self):
        self.balance = 0

    async def add(self, amount):
        self.balance = amount  # awaitness: ignore[AW007] old
