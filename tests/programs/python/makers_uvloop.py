# SPDX-License-Identifier: BSD-2-Clause
"""The same as makers.py on uvloop, whose queue is not that of asyncio."""
try:
    import uvloop
except ImportError:
    print("there is no uvloop for this Python", flush=True)
else:
    uvloop.install()
    import makers
