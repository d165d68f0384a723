# SPDX-License-Identifier: BSD-2-Clause
"""What the suite's tests really did, as they count it themselves."""
import collections
import json

test = None  # the node id of the test that runs
lost = collections.Counter()  # updates that were overwritten, by test
sections = collections.Counter()  # by what the lock is called
suspended = collections.Counter()  # ... of these, those that others ran in


def save(path):
    with open(path, "w", encoding="utf-8") as out:
        json.dump({"lost": lost, "sections": sections, "suspended": suspended}, out)
