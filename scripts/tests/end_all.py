"""Runs a program, and ends with it all that it has started: services that have left its group and its session, too.

    end_all.py SECONDS PROGRAM ARGUMENT...

A signal (Ctrl-C, SIGTERM, SIGHUP) ends the program first: by SIGTERM, and by SIGKILL if it is still there after three
times so many seconds, or at a second signal. Then whatever is left gets SIGTERM, at which services end their hosts, and
SIGKILL if it is still there after so many seconds. Temporary files lie in a folder that is removed at
the end. Its status is that of the program, or 128 and the number of the signal. Linux.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PR_SET_CHILD_SUBREAPER = 36  # prctl(2): whoever loses its parent becomes a child of this process
POLL_S = 0.05
SAME_S = 1.0
"""Ctrl-C comes from the terminal and from whoever passes it on: what follows so soon is the same signal."""
SCANS = 20
"""How often processes are looked at, at most, until none of them ends meanwhile."""
PROGRAM_GRACES = 3
"""The program ends its services one after the other, and has so many times as long as one of them."""


def main(grace: float, command: list[str]) -> int:
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "Expected to become a subreaper but prctl failed: Linux 3.4 or newer has it")
    received: list[tuple[int, float]] = []
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, lambda number, _: received.append((number, time.monotonic())))
    # Short, since paths of sockets must be.
    folder = tempfile.mkdtemp(prefix="ft-", dir="/tmp")
    # Some tests run a program as another user, who has to get to what they made.
    os.chmod(folder, 0o711)
    try:
        status = run(command, {**os.environ, "TMPDIR": folder}, received, PROGRAM_GRACES * grace)
        end_descendants(grace)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 128 + received[0][0] if received else status


def run(command: list[str], env: dict[str, str], received: list[tuple[int, float]], grace: float) -> int:
    """The status of the program, which a signal ends."""
    program = subprocess.Popen(command, env=env)
    is_told = False
    while program.returncode is None:
        if received and not is_told:
            # Ctrl-C has reached it already, which does not matter.
            send(program.pid, signal.SIGTERM)
            is_told = True
        elif received and is_out_of_patience([at for _, at in received], grace):
            send(program.pid, signal.SIGKILL)
        for pid, status in reap():
            if pid == program.pid:
                program.returncode = os.waitstatus_to_exitcode(status)
        time.sleep(POLL_S)
    return program.returncode if program.returncode >= 0 else 128 - program.returncode


def is_out_of_patience(signals: list[float], grace: float) -> bool:
    """Whether a program that has not ended is to be killed, by the times at which signals came."""
    return signals[-1] - signals[0] > SAME_S or time.monotonic() - signals[0] > grace


def end_descendants(grace: float) -> None:
    # Not those that come later: they are what a service starts to tidy up.
    for pid in descendants():
        send(pid, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while has_children():
        if time.monotonic() > deadline:
            for pid in descendants():
                send(pid, signal.SIGKILL)
        time.sleep(POLL_S)
        reap()


def has_children() -> bool:
    """Whether anything is left below this process: without a parent of its own it would be a child of this one."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def descendants() -> set[int]:
    """All processes below this one; among them may be some that have ended and wait to be reaped."""
    for _ in range(SCANS):
        parents = scan()
        # One whose parent is not there lost it during the scan, and has another one by now.
        if all(parent in parents or parent == 0 for parent in parents.values()):
            break
    found: set[int] = set()
    while more := {pid for pid, parent in parents.items() if parent in found or parent == os.getpid()} - found:
        found |= more
    return found


def scan() -> dict[int, int]:
    """The parent of each process: also of one whose main thread has ended, since others may be left, and children."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        with contextlib.suppress(OSError):  # It may have ended in between.
            # proc_pid_stat(5): the name in brackets may have any bytes, so fields are behind the last bracket.
            parents[int(entry.name)] = int((entry / "stat").read_bytes().rpartition(b")")[2].split()[1])
    return parents


def reap() -> list[tuple[int, int]]:
    """The children that have ended, with their wait statuses."""
    ended: list[tuple[int, int]] = []
    with contextlib.suppress(ChildProcessError):
        while (one := os.waitpid(-1, os.WNOHANG))[0] != 0:
            ended.append(one)
    return ended


def send(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("Expected seconds and a program: end_all.py SECONDS PROGRAM ARGUMENT...")
    sys.exit(main(float(sys.argv[1]), sys.argv[2:]))
