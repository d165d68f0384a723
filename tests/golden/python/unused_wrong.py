# expect: AW005 Store._lock
import asyncio


class Store:
    def __init__(self):
        self._lock = asyncio.Lock()
