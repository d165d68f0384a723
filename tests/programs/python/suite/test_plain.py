# SPDX-License-Identifier: BSD-2-Clause
"""Plain tests, each with a loop of its own."""
import asyncio

import pytest
import shop


@pytest.mark.parametrize("times", [2, 3, 4])
@pytest.mark.parametrize("round", range(3))
def test_stock_loses(times, round):
    stock = shop.Stock()
    asyncio.run(stock.fill(times))
    assert stock.size == 1


@pytest.mark.parametrize("round", range(10))
def test_stock_alone(round):
    stock = shop.Stock()
    asyncio.run(stock.fill(1))
    assert stock.size == 1


@pytest.mark.parametrize("round", range(10))
def test_till(round):
    till = shop.Till()
    asyncio.run(shop.both(till.add))
    assert till.sum == 3


def test_two_loops():
    for _ in range(2):
        till, log = shop.Till(), shop.Log()

        async def lines():
            await log.add("a")

        asyncio.run(shop.both(till.add, 1))
        asyncio.run(shop.both(lines))
        assert log.lines == ["a"] * 3
