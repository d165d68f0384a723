# SPDX-License-Identifier: BSD-2-Clause
"""redis-py 4.3.4, asyncio, issue 2540: a client of a single connection, first used by several tasks
at once, makes a connection for each of them and keeps the last: `bug_redis_single.py SOCKET [fixed]`.

The truth is what the server counts: each connection but one of a client is surplus.
"""
import asyncio
import sys

from redis import asyncio as redis

from bug_truth import tell

TASKS, ROUNDS = 8, 4


async def connections(client):
    return (await client.info("stats"))["total_connections_received"]


async def main(socket, Client):
    watcher, surplus = redis.Redis(unix_socket_path=socket), 0
    for _ in range(ROUNDS):
        before = await connections(watcher)
        client = Client(unix_socket_path=socket, single_connection_client=True)
        await asyncio.gather(*(client.set(f"key {i}", i) for i in range(TASKS)))
        surplus += await connections(watcher) - before - 1
        await client.close(close_connection_pool=True)
    await watcher.close(close_connection_pool=True)
    tell("check-then-act", "Redis.connection", surplus)


if sys.argv[2:] == ["fixed"]:
    from fix_redis_single import Client
else:
    Client = redis.Redis
asyncio.run(main(sys.argv[1], Client))
