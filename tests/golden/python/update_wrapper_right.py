# A class that is entered by taking a lock guards as the lock does.
import asyncio


class TimedMutex:
    def __init__(self):
        self._inner = asyncio.Lock()

    async def __aenter__(self):
        await self._inner.acquire()

    async def __aexit__(self, *exc):
        self._inner.release()


class Account:
    def __init__(self):
        self._gate = TimedMutex()
        self.balance = 0

    async def add(self, amount):
        async with self._gate:
            old = self.balance
            await asyncio.sleep(1)
            self.balance = old + amount
