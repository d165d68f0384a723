# SPDX-License-Identifier: BSD-2-Clause
"""How the programs with watched cells tell what they lost."""


def lost(name, count):
    print("truth lost-update", name, count, flush=True)


def spoilt(name, count):
    print("truth check-then-act", name, count, flush=True)
