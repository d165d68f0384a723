# SPDX-License-Identifier: BSD-2-Clause
"""mitmproxy 8.1.1, issue 5855: while what a slow client has not read yet is waited for, a request of the
same client opens a connection; the set of connections that was gone over has changed, and the
download never ends: `bug_mitmproxy.py [fixed]`.

Server, proxy and client are this program, over loopback: one HTTP/2 connection to the proxy, a
big file and a small one. The truth is the big files that did not arrive.
"""
import asyncio
import socket
import ssl
import sys
import tempfile

import h2.config
import h2.connection
import h2.events
import h2.settings
from mitmproxy.options import Options
from mitmproxy.tools.dump import DumpMaster

from bug_truth import tell

BIG, ROUNDS, WINDOW = 20_000_000, 4, 2**30


class Server:
    """/big as fast as it is read; /small only when it is let."""

    def begin(self):
        self.sent = 0
        self.asked, self.let = asyncio.Event(), asyncio.Event()

    async def serve(self, reader, writer):
        request = await reader.readuntil(b"\r\n\r\n")
        size = BIG if b"/big" in request else 1
        if size == 1:
            self.asked.set()
            await self.let.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        try:
            for at in range(0, size, 100_000):
                writer.write(b"x" * min(100_000, size - at))
                await writer.drain()
                self.sent += 1
        except OSError:
            pass
        writer.close()

    async def stuck(self):
        """Nobody reads any more."""
        sent = 0
        while not sent or sent != self.sent:
            sent = self.sent
            await asyncio.sleep(0.2)


class Client:
    async def connect(self, port):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["h2"])
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, limit=1000)
        self.http = h2.connection.H2Connection(h2.config.H2Configuration())
        self.http.initiate_connection()
        self.http.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: WINDOW})
        self.http.increment_flow_control_window(WINDOW)

    def ask(self, path):
        self.http.send_headers(self.http.get_next_available_stream_id(), end_stream=True, headers=[
            (":method", "GET"), (":path", path), (":scheme", "https"), (":authority", "localhost")])
        self.writer.write(self.http.data_to_send())

    async def read(self, files):
        """What arrives, until nothing does: how many files are complete?"""
        complete = 0
        while complete < files:
            try:
                data = await asyncio.wait_for(self.reader.read(100_000), 1)
            except asyncio.TimeoutError:
                break
            events = self.http.receive_data(data)
            complete += sum(isinstance(event, h2.events.StreamEnded) for event in events)
        self.writer.close()
        return complete


async def download(port, server):
    server.begin()
    client = Client()
    await client.connect(port)
    client.ask("/big")
    await server.stuck()
    client.ask("/small")
    await server.asked.wait()
    asyncio.get_running_loop().call_later(0.3, server.let.set)
    return await client.read(2) == 2


async def proxied(folder, server):
    upstream = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = Options(listen_host="127.0.0.1", listen_port=port, confdir=folder,
                      mode="reverse:http://127.0.0.1:%d" % upstream.sockets[0].getsockname()[1])
    proxy = DumpMaster(options, with_termlog=False, with_dumper=False)
    options.update(stream_large_bodies="1")
    running = asyncio.create_task(proxy.run())
    while not proxy.addons.get("proxyserver").running_servers:
        await asyncio.sleep(0.05)
    lost = 0
    for _ in range(ROUNDS):
        lost += not await download(port, server)
    proxy.shutdown()
    await running
    return lost


async def main():
    with tempfile.TemporaryDirectory() as folder:
        lost = await proxied(folder, Server())
    tell("changed-while-iterating", "ConnectionHandler.transports", lost)


if sys.argv[1:] == ["fixed"]:
    import fix_mitmproxy  # noqa: F401
asyncio.run(main())
