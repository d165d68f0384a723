import asyncio


class Account:
    def __init__(self):
        self.balance = 0
        self._changed = asyncio.Event()

    async def add(self, amount):
        old = self.balance
        await asyncio.sleep(0.1)
        self.balance = old + amount  # awaitness: ignore[AW007] one writer only
