# SPDX-License-Identifier: BSD-2-Clause
"""What redis-py did about issue 2540 (pull request 2568): one lock, over the making of the
connection and over each command with its answer."""
import asyncio

from redis import asyncio as redis


class Client(redis.Redis):
    def __init__(self, **options):
        super().__init__(**options)
        self._making, self._asking = asyncio.Lock(), asyncio.Lock()

    async def initialize(self):
        async with self._making:
            return await super().initialize()

    async def execute_command(self, *args, **options):
        async with self._asking:
            return await super().execute_command(*args, **options)
