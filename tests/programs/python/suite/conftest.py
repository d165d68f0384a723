# SPDX-License-Identifier: BSD-2-Clause
"""Notes which test runs, by pytest's own word, and saves what the tests have counted."""
import os

import ledger
import pytest


@pytest.fixture(autouse=True)
def noted(request):
    ledger.test = request.node.nodeid
    yield
    ledger.test = None


def pytest_sessionfinish():
    ledger.save(os.environ["SUITE_LEDGER"])
