"""A worker: join the head's cluster, report, and stay until it is over or this host has to go."""

import os
import signal
import subprocess
import sys
import threading
import time

from fanfleet import host
from fanfleet.aws import client
from fanfleet.clusters import cluster_of
from fanfleet.clusters.cluster import Cluster
from fanfleet.clusters.processes import end
from fanfleet.host import Host
from fanfleet.metadata import Metadata
from fanfleet.oom_watch import KILLS, OomWatch
from fanfleet.secrets import read_secrets
from fanfleet.settings import Settings
from fanfleet.spot import NOTICE_S, SpotWatch
from fanfleet.steps import StepFailed, Steps, say
from fanfleet.watch import HostWatch

DRAIN_RESERVE_S = 10.0
"""What is kept of the two minutes to leave the cluster."""


def main() -> int:
    settings = Settings.from_environment()
    steps = Steps(settings.steps_file)
    metadata = Metadata()
    with steps.step("identity"):
        me = host.identify(metadata)
    s3 = client("s3")
    key = f"{settings.folder}metrics/{me.instance_id}.jsonl"
    watch = HostWatch(s3, settings.runs_bucket, key, is_kept=bool(settings.fleet))
    watch.start()
    try:
        with steps.step("secrets"):
            secrets = read_secrets(client("ssm"), settings.parameter)
        cluster = cluster_of(settings.engine)
        os.environ.update(cluster.environment(secrets.cluster, settings.head_address))
        os.environ["FANFLEET_INSTANCE_ID"] = me.instance_id
        until = settings.boot_started_at / 1000 + settings.join_deadline_s
        with steps.step("join"):
            process = cluster.join(me, settings, dict(os.environ), until)
        host.put_report(s3, settings, host.report(me, "worker", settings, steps))
        say(f"joined {time.time() - settings.boot_started_at / 1000:.1f} s after the boot")
        _stay(cluster, me, process, metadata)
    finally:
        watch.stop()
    say("this host is no longer part of the cluster")
    return 0


def _stay(cluster: Cluster, me: Host, process: "subprocess.Popen[str]", metadata: Metadata) -> None:
    """Forward what the cluster prints until its process ends; drain once on a Spot notice or SIGTERM.

    A host that is out of memory leaves at once: whatever is begun here comes to nothing.
    """
    draining = threading.Lock()

    def drain() -> None:
        if draining.acquire(blocking=False):
            say("draining: no new batches from here on")
            try:
                cluster.drain(me, dict(os.environ), process, NOTICE_S - DRAIN_RESERVE_S)
            except StepFailed as reason:
                say(f"this host goes without having left the cluster: {reason}")

    def give_up() -> None:
        say(f"out of memory: the kernel has killed {KILLS} processes, and this host leaves the rest to others")
        end(process)

    # A signal handler interrupts the reading below, and must not wait itself.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=drain, daemon=True).start())
    spot = SpotWatch(metadata, drain)
    memory = OomWatch(give_up)
    spot.start()
    memory.start()
    for line in process.stdout or ():
        print(line, end="", flush=True)
    process.wait()
    spot.stop()
    memory.stop()


if __name__ == "__main__":
    sys.exit(main())
