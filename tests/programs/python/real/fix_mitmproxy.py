# SPDX-License-Identifier: BSD-2-Clause
"""What mitmproxy did about issue 5855: those are waited for that there are when it begins."""
from mitmproxy.proxy.server import ConnectionHandler


async def drain_writers(self):
    async with self._drain_lock:
        there = [transport for transport in self.transports.values() if transport.writer is not None]
        for transport in there:
            try:
                await transport.writer.drain()
            except OSError as error:
                if transport.handler is not None:
                    transport.handler.cancel(f"Error sending data: {error}")


ConnectionHandler.drain_writers = drain_writers
