# SPDX-License-Identifier: BSD-2-Clause
"""vdirsyncer 0.19.0, said in a comment of its storage/google.py: tasks that find no token each let the
user log in, who is asked again after having done so: `bug_vdirsyncer.py CERTIFICATE KEY [fixed]`.

Google is a server on loopback, the browser of the user this file. The truth is how often the
user was asked in vain.
"""
import asyncio
import os
import ssl
import sys
import tempfile
import urllib.parse
import urllib.request

import aiohttp
from aiohttp import web

from bug_truth import tell

TASKS, ROUNDS = 3, 3


def browse(url):
    """The user allows it: the browser is sent to where vdirsyncer listens."""
    asked = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
    answer = urllib.parse.urlencode({"code": "yes", "state": asked["state"]})
    urllib.request.urlopen(asked["redirect_uri"] + "?" + answer).read()


class Google(aiohttp.abc.AbstractResolver):
    """Whatever its name, it is here."""

    asked = 0

    async def token(self, request):
        self.asked += 1
        return web.json_response({"access_token": f"token {self.asked}", "token_type": "Bearer",
                                  "expires_in": 3600, "refresh_token": "again"})

    async def collections(self, request):
        return web.Response(status=207, text="<d:multistatus xmlns:d='DAV:'/>")

    async def start(self, certificate, key):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(certificate, key)
        app = web.Application()
        app.add_routes([web.post("/oauth2/v4/token", self.token),
                        web.route("PROPFIND", "/caldav/v2/", self.collections)])
        self.runner = web.AppRunner(app)
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0, ssl_context=context).start()

    async def resolve(self, host, port=0, family=0):
        return [{"hostname": host, "host": "127.0.0.1", "port": self.runner.addresses[0][1],
                 "family": family, "proto": 0, "flags": 0}]

    async def close(self):
        pass


async def look(google, session_class, folder):
    connector = aiohttp.TCPConnector(resolver=google, ssl=False)
    session = session_class(os.path.join(folder, "token"), "id", "secret", connector=connector)
    await asyncio.gather(*(session.request("PROPFIND", "") for _ in range(TASKS)))
    await connector.close()


async def main(session_class):
    google = Google()
    await google.start(sys.argv[1], sys.argv[2])
    for _ in range(ROUNDS):
        with tempfile.TemporaryDirectory() as folder:
            await look(google, session_class, folder)
    await google.runner.cleanup()
    tell("check-then-act", "GoogleSession._token", google.asked - ROUNDS)


if sys.argv[1] == "--browse":
    browse(sys.argv[2])
else:
    os.environ["BROWSER"] = f"{sys.executable} {os.path.abspath(__file__)} --browse %s"
    from vdirsyncer.storage.google import GoogleCalendarStorage

    Session = GoogleCalendarStorage.session_class
    if sys.argv[3:] == ["fixed"]:
        from fix_vdirsyncer import fixed

        Session = fixed(Session)
    asyncio.run(main(Session))
