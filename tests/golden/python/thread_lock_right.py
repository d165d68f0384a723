import asyncio
import threading


class Store:
    def __init__(self):
        self._lock = threading.Lock()
        self.n = 0

    async def save(self):
        with self._lock:
            self.n += 1
        await asyncio.sleep(1)
