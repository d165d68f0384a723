# expect: AW006 Session._display
import asyncio


class Session:
    def __init__(self):
        self._display = None
        self._closed = asyncio.Event()

    async def attach(self, channel):
        if not self._display:
            self._display = await connect("localhost")
        return self._display.attach(channel)

    def leave(self, channel):
        if self._display and self._display.detach(channel):
            self._display = None
