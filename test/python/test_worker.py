"""Tests of how a worker goes: its host is gone with the process of its cluster."""

import os
import signal
import subprocess
import threading

import pytest
from fanfleet import worker
from fanfleet.host import Host
from fanfleet.steps import StepFailed

ME = Host("i-1", "127.0.0.1", "t3.medium")


class NoNotice:
    """The metadata service of an instance that nobody takes back."""

    def get(self, path):
        return None


class Unanswered:
    """A cluster whose head does not answer any more."""

    def drain(self, me, env, process, within_s):
        raise StepFailed("DrainFailed", "Expected Ray to let this node go but got no answer")


class Left(Unanswered):
    def drain(self, me, env, process, within_s):
        process.terminate()
        process.wait()


@pytest.fixture
def process():
    before = signal.getsignal(signal.SIGTERM)
    started = subprocess.Popen(["sh", "-c", "echo joined; exec sleep 600"], stdout=subprocess.PIPE, text=True)
    yield started
    signal.signal(signal.SIGTERM, before)
    started.kill()
    started.wait()


def tell_to_end(*_):
    """Send SIGTERM to this process, again and again until somebody else listens to it."""
    signal.signal(signal.SIGTERM, tell_to_end)
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGTERM)).start()


class TestStay:
    @pytest.mark.parametrize("cluster", [Unanswered(), Left()])
    def test_its_process_ends_at_sigterm_whether_or_not_it_could_leave(self, process, cluster, capsys):
        assert process.stdout.readline() == "joined\n"
        tell_to_end()
        worker._stay(cluster, ME, process, NoNotice())
        assert process.returncode == -signal.SIGTERM
        said = "goes without having left the cluster" in capsys.readouterr().out
        assert said == (type(cluster) is Unanswered)
