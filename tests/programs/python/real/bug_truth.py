# SPDX-License-Identifier: BSD-2-Clause
"""What a program with a known bug counts of it, for the test that compares."""
import time


def tell(rule, attribute, count):
    print("truth", rule, attribute, count, flush=True)
    time.sleep(2)  # who watches reads what functions are called while they are there
