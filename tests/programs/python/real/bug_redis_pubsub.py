# SPDX-License-Identifier: BSD-2-Clause
"""redis-py 4.3.4, asyncio (aioredis-py issue 1053, whose code it took over): channels that tasks of
their own subscribe to are subscribed to on a connection each, and all but the last are never
listened to: `bug_redis_pubsub.py SOCKET [fixed]`.

The truth is the channels nothing is heard of.
"""
import asyncio
import sys

from redis import asyncio as redis
from redis.asyncio.client import PubSub

from bug_truth import tell

CHANNELS, ROUNDS = 6, 4


async def subscribed(client):
    """The server has them all, whoever listens."""
    while not all(n for _, n in await client.pubsub_numsub(*(f"news {i}" for i in range(CHANNELS)))):
        await asyncio.sleep(0.01)


async def heard(pubsub):
    """Until nothing has come for a while."""
    names, silent = set(), 0
    while silent < 4 and len(names) < CHANNELS:
        message = await pubsub.get_message(timeout=0.1)
        silent = 0 if message else silent + 1
        if message and message["type"] == "message":
            names.add(message["channel"])
    return names


async def main(socket, Subscriber):
    client, deaf = redis.Redis(unix_socket_path=socket), 0
    for _ in range(ROUNDS):
        pubsub = Subscriber(client.connection_pool)
        tasks = [asyncio.create_task(pubsub.subscribe(f"news {i}")) for i in range(CHANNELS)]
        await asyncio.gather(*tasks)
        await subscribed(client)
        for i in range(CHANNELS):
            await client.publish(f"news {i}", "something")
        deaf += CHANNELS - len(await heard(pubsub))
        await pubsub.close()
    await client.close(close_connection_pool=True)
    tell("check-then-act", "PubSub.connection", deaf)


if sys.argv[2:] == ["fixed"]:
    from fix_redis_pubsub import Subscriber
else:
    Subscriber = PubSub
asyncio.run(main(sys.argv[1], Subscriber))
