# SPDX-License-Identifier: BSD-2-Clause
"""Kills a tracer while it runs a program, and says how the program ended.

killed_tracer.py WHEN TRACER... -- PROGRAM...: starts TRACER... -- PROGRAM..., kills the tracer (SIGKILL) WHEN
(a number of seconds after its start, or `held-N`: when the program is stopped for the N-th time), and
prints how the program ended: its exit status, -N for signal N, `stays` (it has not within 20 s), `none` (there
was none yet) or `late` (it had ended before that moment came, and the tracer knew). Second line: how many milliseconds it was stopped after the tracer was gone."""
import ctypes
import os
import signal
import subprocess
import sys
import time

PR_SET_CHILD_SUBREAPER = 36


def program_of(tracer):
    """The child of the tracer that is the program: it has executed, or is about to."""
    with open(f"/proc/{tracer}/task/{tracer}/children", encoding="ascii") as children:
        for pid in children.read().split():
            with open(f"/proc/{pid}/cmdline", "rb") as line:
                if line.read().split(b"\0")[: len(program)] == [os.fsencode(word) for word in program]:
                    return int(pid)
    return 0


def state(pid):
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            return stat.read().rpartition(b")")[2].split()[0]
    except OSError:
        return b"?"


def wait_until(tracer, when):
    """The program's pid, 0: there is none."""
    pid, stops, stopped, begin = 0, 0, False, time.monotonic()
    while tracer.poll() is None:
        try:
            pid = program_of(tracer.pid) or pid
        except OSError:
            pass
        if when.startswith("held-"):
            now = bool(pid) and state(pid) == b"T"
            stops += now and not stopped
            stopped = now
            if stops == int(when[5:]):
                break
        elif time.monotonic() - begin >= float(when):
            break
    return pid


def ended(pid):
    """How it ended, and for how long it was stopped."""
    begin, stopped = time.monotonic(), 0.0
    while time.monotonic() - begin < 20:
        try:
            got, status = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:  # the tracer has waited for it
            return None, stopped
        if got == pid:
            return os.waitstatus_to_exitcode(status), stopped
        if state(pid) == b"T":
            stopped = time.monotonic() - begin
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    return "stays", stopped


ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
program = sys.argv[sys.argv.index("--") + 1 :]
tracer = subprocess.Popen(sys.argv[2:])
pid = wait_until(tracer, sys.argv[1])
late = tracer.poll() is not None  # it has ended by itself, and so has the program
tracer.kill()
tracer.wait()
if late:
    print("late")
elif not pid:
    print("none")
else:
    how, stopped = ended(pid)
    print("late" if how is None else how)
    if how is not None:
        print(round(stopped * 1000))
