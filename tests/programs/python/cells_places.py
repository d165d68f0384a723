# SPDX-License-Identifier: BSD-2-Clause
"""Where CPython may keep a value: each place loses updates, and counts them."""
import asyncio

import counting
import truth_cells as truth

TASKS, ROUNDS = 4, 25
total = 0


class Dict:
    """Somebody has asked for __dict__: the values are kept there from then on."""

    def __init__(self):
        self.size = 0
        self.__dict__["more"] = 1
        vars(self).pop("more")

    async def add(self):
        size = self.size
        await asyncio.sleep(0)
        self.size = size + 1


class Replaced:
    """A dictionary of its own making."""

    def __init__(self):
        self.size = 0
        self.__dict__ = {"some": 1, "size": 0}

    async def add(self):
        size = self.size
        await asyncio.sleep(0)
        self.size = size + 1


class Slots:
    __slots__ = ("other", "size")

    def __init__(self):
        self.other = self.size = 0

    async def add(self):
        size = self.size
        await asyncio.sleep(0)
        self.size = size + 1


class Derived(Slots):
    """A slot of a base class, in objects that have a dictionary too."""

    async def add(self):
        size = self.size
        await asyncio.sleep(0)
        self.size = size + 1


class Base:
    def __init__(self):
        self.first, self.size = 0, 0

    async def add(self):
        size = self.size
        await asyncio.sleep(0)
        self.size = size + 1


class Heir(Base):
    """Its attributes are numbered otherwise than its base's."""

    def __init__(self):
        self.early = self.earlier = 0
        super().__init__()


class Many:
    """More attributes than are kept in place."""

    def __init__(self):
        for i in range(40):
            setattr(self, f"a{i}", i)
        self.size = 0

    async def add(self):
        size = self.size
        await asyncio.sleep(0)
        self.size = size + 1


class _Private:
    """A name of the class's own, which is not what is written."""

    def __init__(self):
        self.__size = 0

    size = property(lambda self: self.__size)

    async def add(self):
        size = self.__size
        await asyncio.sleep(0)
        self.__size = size + 1


class Inner:
    """A function inside uses self, so the frame holds it by a cell."""

    def __init__(self):
        self.size = 0

    async def add(self):
        size = self.size
        await asyncio.sleep(0)
        self.size = size + 1
        return lambda: self.size


class Large:
    def __init__(self):
        self.size = 1 << 40

    async def add(self):
        size = self.size
        await asyncio.sleep(0)
        self.size = size + 1


class Real:
    def __init__(self):
        self.size = 0.5

    async def add(self):
        size = self.size
        await asyncio.sleep(0)
        self.size = size + 1.0


class Text:
    """What is compared is the text, not which object it is."""

    def __init__(self):
        self.text = ""

    async def add(self):
        text = self.text
        await asyncio.sleep(0)
        self.text = text + "x"


class Module:
    async def add(self):
        global total
        size = total
        await asyncio.sleep(0)
        total = size + 1


CELLS = [Dict(), Replaced(), Slots(), Derived(), Heir(), Many(), _Private(), Inner(), Large(), Real(), Text(), Module()]
NAMES = {"Heir": "Base.size", "_Private": "_Private.__size", "Text": "Text.text", "Module": "cells_places.total"}


def value(cell):
    if isinstance(cell, Module):
        return total
    return len(cell.text) if isinstance(cell, Text) else cell.size


async def work(cell):
    for _ in range(ROUNDS):
        await cell.add()


async def load():
    for cell in CELLS:
        before = value(cell)
        await asyncio.gather(*[work(cell) for _ in range(TASKS)])
        name = type(cell).__name__
        truth.lost(NAMES.get(name, name + ".size"), TASKS * ROUNDS - int(value(cell) - before))


counting.main(load)
