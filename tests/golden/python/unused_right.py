import asyncio


class Store:
    def __init__(self):
        self._lock = asyncio.Lock()
        self.lock = asyncio.Lock()

    def guard(self):
        return self._lock
