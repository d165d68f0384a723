# SPDX-License-Identifier: BSD-2-Clause
"""What was proposed for aioredis-py issue 1053 (pull request 1067): subscribing takes a lock."""
import asyncio

from redis.asyncio.client import PubSub


class Subscriber(PubSub):
    def __init__(self, connection_pool):
        super().__init__(connection_pool)
        self._subscribing = asyncio.Lock()

    async def subscribe(self, *names, **handlers):
        async with self._subscribing:
            return await super().subscribe(*names, **handlers)
