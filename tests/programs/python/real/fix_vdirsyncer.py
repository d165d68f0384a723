# SPDX-License-Identifier: BSD-2-Clause
"""Who finds no token waits for who is already getting one, and looks again."""
import asyncio


def fixed(session_class):
    class Session(session_class):
        def __init__(self, *args, **options):
            super().__init__(*args, **options)
            self._getting = asyncio.Lock()

        async def _init_token(self):
            async with self._getting:
                if not self._token:
                    await super()._init_token()

    return Session
