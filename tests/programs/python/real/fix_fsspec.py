# SPDX-License-Identifier: BSD-2-Clause
"""What s3fs issues 854 and 1025 ask for: the session is made under a lock."""
import asyncio

from fsspec.implementations.http import HTTPFileSystem


class Files(HTTPFileSystem):
    def __init__(self, *args, **options):
        super().__init__(*args, **options)
        self._making = asyncio.Lock()

    async def set_session(self):
        async with self._making:
            return await super().set_session()
