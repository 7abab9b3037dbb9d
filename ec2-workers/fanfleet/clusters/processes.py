"""Starting the processes of a cluster, and waiting until they are up."""

import socket
import subprocess
import time
from collections.abc import Mapping, Sequence

from fanfleet.settings import Settings
from fanfleet.steps import StepFailed, say

HEAD_START_S = 90.0


def head_start_s(settings: Settings) -> float:
    """How long a program of a head may take to start: it takes seconds, but longer where others have the processors.

    Workers have the half of what is left until they must have joined.
    """
    return min(HEAD_START_S, max(0.0, settings.join_deadline - time.time()) / 2)


def start_listening(
    command: Sequence[str], env: Mapping[str, str], address: str, port: int, within_s: float
) -> "subprocess.Popen[bytes]":
    """Start a server that stays, and return it when it listens. What it prints goes where this process prints.

    Raises StepFailed with HeadStartFailed.
    """
    process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL)
    until = time.time() + within_s
    while not is_listening(address, port):
        if process.poll() is not None:
            raise StepFailed(
                "HeadStartFailed", f"What is to listen at {address}:{port} ended with exit status {process.returncode}."
            )
        if time.time() > until:
            process.kill()
            raise StepFailed("HeadStartFailed", f"Expected {address}:{port} to listen within {within_s:.0f} s.")
        time.sleep(0.05)
    return process


def join_until(command: Sequence[str], env: Mapping[str, str], joined: str, until: float) -> "subprocess.Popen[str]":
    """Start a worker, again and again until `until` (of time.time()), and return it once it prints `joined`.

    The caller has to go on reading its standard output. Raises StepFailed with JoinFailed.
    """
    while True:
        process = subprocess.Popen(
            command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        output = []
        for line in process.stdout or ():
            output.append(line)
            if joined in line:
                return process
        process.communicate()
        message = last_lines("".join(output))
        if time.time() > until:
            raise StepFailed("JoinFailed", message)
        say(f"could not join yet: {message}")
        time.sleep(1)


def wait_for_port(address: str, port: int, until: float) -> None:
    """Raises StepFailed with JoinFailed if nothing listens there at `until` (of time.time())."""
    while not is_listening(address, port):
        if time.time() > until:
            raise StepFailed("JoinFailed", f"Expected the head at {address}:{port} to listen before the join deadline.")
        time.sleep(0.1)


def is_listening(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=2):
            return True
    except OSError:
        return False


def end(process: "subprocess.Popen[str]", grace_s: float = 10.0) -> None:
    """SIGTERM, then SIGKILL to what does not heed it."""
    process.terminate()
    try:
        process.wait(grace_s)
    except subprocess.TimeoutExpired:
        process.kill()


def last_lines(text: str, size: int = 600) -> str:
    return text.strip()[-size:]
