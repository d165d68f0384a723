import a.b as c, d
from . import x as y
from .q.w import (z, k as l)
from m import *
@deco(1)
async def f(self, a, b: int = 3, *args: int, c, d=4, **kw) -> Optional[X]:
    async with self.lock as l, other():
        x = y = await foo(1, *a, k=2, **kw)
        x: int = 3
        x: "str"
        x += 1
        if (n := a) is not None and not b: pass
        elif c: return 1
        else: raise X from Y
    async for q, w in z: break
    else: pass
    with (open() as f, g as h): pass
    with (await a) as b: pass
    with (yield from lock): pass
    try: pass
    except* E as e: pass
    except (A, B): pass
    except A as e: pass
    except: pass
    else: pass
    finally: pass
    r = [i async for i in z if i for j in k]
    s = {a: b for a in c}
    lambda x, y=1: x
    a[1:2, ...] = b
    t = a if b else c
    print(f"{a!r:>{b}} x", "lit" 'b')
    del a, b[1]
    global gg, hh
    match a:
        case {"x": 1, **rest} if b: pass
        case Foo(x=1) | [a, *b]: pass
        case A.B as q: pass
        case _: pass
    a < b < c not in d
    yield
    x = yield a, b
    assert a, b
    foo(x for x in y)
    while 1: continue
class A(B, metaclass=M):
    x: int
    y = 1
type T = int
