# SPDX-License-Identifier: BSD-2-Clause
"""fsspec 2022.11.0, the defect of s3fs issues 854 and 1025 in the HTTP file system: the first files
that are read at once make a session each, and all but the last are lost: `bug_fsspec.py [fixed]`.

The truth is the sessions a server on loopback has let log in, but for one of each file system.
"""
import asyncio
import sys

import aiohttp
from aiohttp import web
from fsspec.implementations.http import HTTPFileSystem

from bug_truth import tell

FILES, ROUNDS = 5, 4


class Site:
    """Lets in who has logged in."""

    def __init__(self):
        self.logins = 0

    async def login(self, request):
        self.logins += 1
        return web.Response(text=f"token {self.logins}")

    async def file(self, request):
        assert request.headers["Authorization"].startswith("token ")
        return web.Response(text="content of " + request.match_info["name"])

    async def start(self):
        app = web.Application()
        app.add_routes([web.get("/login", self.login), web.get("/files/{name}", self.file)])
        self.runner = web.AppRunner(app)
        await self.runner.setup()
        site = web.TCPSite(self.runner, "127.0.0.1", 0)
        await site.start()
        return "http://127.0.0.1:%d" % self.runner.addresses[0][1]


async def read_all(Files, url):
    """As fsspec says: get_client makes the session, the file system keeps it."""
    sessions = []

    async def get_client(loop=None, **options):
        async with aiohttp.ClientSession() as session, session.get(url + "/login") as answer:
            token = await answer.text()
        sessions.append(aiohttp.ClientSession(headers={"Authorization": token}, **options))
        return sessions[-1]

    files = Files(asynchronous=True, get_client=get_client, skip_instance_cache=True)
    await asyncio.gather(*(files._cat_file(f"{url}/files/{i}") for i in range(FILES)))
    for session in sessions:
        await session.close()


async def main(Files):
    site = Site()
    url = await site.start()
    for _ in range(ROUNDS):
        await read_all(Files, url)
    await site.runner.cleanup()
    tell("check-then-act", "HTTPFileSystem._session", site.logins - ROUNDS)


if sys.argv[1:] == ["fixed"]:
    from fix_fsspec import Files
else:
    Files = HTTPFileSystem
asyncio.run(main(Files))
