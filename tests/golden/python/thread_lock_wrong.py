# expect: AW003 _lock
import asyncio
import threading


class Store:
    def __init__(self):
        self._lock = threading.Lock()

    async def save(self):
        with self._lock:
            await asyncio.sleep(1)
