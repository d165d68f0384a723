# SPDX-License-Identifier: BSD-2-Clause
"""Tests that are coroutines: pytest-asyncio runs them. One loses an update before its test, in a fixture."""
import asyncio

import ledger
import pytest
import pytest_asyncio
import shop


@pytest_asyncio.fixture
async def worn():
    stock = shop.Stock()
    await stock.fill(3)
    return stock


@pytest.mark.asyncio
async def test_worn(worn):
    await worn.add()
    assert worn.size == 2


@pytest.mark.asyncio
@pytest.mark.parametrize("round", range(10))
async def test_tasks(round):
    stock, till = shop.Stock(), shop.Till()
    await asyncio.gather(asyncio.create_task(stock.add()), asyncio.create_task(till.add()))
    await till.add()
    assert (stock.size, till.sum) == (1, 2)


@pytest.mark.asyncio
async def test_last_step():
    """The very last that its loop runs is what is lost."""
    stock = shop.Stock()
    other = asyncio.create_task(stock.add())
    await stock.add(2 * shop.WAIT)
    ledger.lost[ledger.test] += 1
    assert other.done() and stock.size == 1


@pytest.mark.asyncio
@pytest.mark.parametrize("a, b", [("some text", "with blanks (call)"), ("ü", "x" * 90)])
async def test_names(a, b):
    stock = shop.Stock()
    await stock.fill(2)
    assert stock.size == 1
