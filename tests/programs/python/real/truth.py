# SPDX-License-Identifier: BSD-2-Clause
"""What the services share: each counts its own critical sections and prints them at its end.

`lock NAME sections spanned waits`, then `served`, with the process id behind the first word.
"""
import os

locks = {}


class Truth:
    """Counts of one lock: sections, how many spanned a suspension, how many had to wait."""

    def __init__(self, name):
        self.name = name
        self.sections = self.spanned = self.waits = 0
        locks[name] = self

    def coming(self, lock):
        """Call right before acquiring a lock of asyncio."""
        waiters = lock._waiters
        if lock.locked() or waiters and any(not w.cancelled() for w in waiters):
            self.waits += 1

    def section(self, spanned):
        self.sections += 1
        self.spanned += bool(spanned)


def tell(served):
    """Prints the counts of this process, in one piece: workers share the output."""
    lines = [f"lock {os.getpid()} {t.name} {t.sections} {t.spanned} {t.waits}\n" for t in locks.values()]
    os.write(1, "".join(lines + [f"served {os.getpid()} {served}\n"]).encode())
