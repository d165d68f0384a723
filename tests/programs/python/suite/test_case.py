# SPDX-License-Identifier: BSD-2-Clause
"""Tests as unittest has them: setUp, test and tearDown on one loop."""
import unittest

import shop


class Case(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        self.stock = shop.Stock()
        self.log = shop.Log()

    async def test_stock(self):
        await self.stock.fill(3)
        self.assertEqual(self.stock.size, 1)

    async def test_log(self):
        async def line():
            await self.log.add("a line")

        await shop.both(line)
        self.assertEqual(len(self.log.lines), 3)

    async def test_stock_in_turn(self):
        for _ in range(3):
            await self.stock.fill(1)
        self.assertEqual(self.stock.size, 3)


class Other(Case):
    pass
