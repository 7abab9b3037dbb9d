"""A worker: join the head's cluster, report, and stay until it is over or this host has to go."""

import os
import signal
import subprocess
import sys
import threading
import time

from fanfleet import host
from fanfleet.clusters import cluster_of
from fanfleet.clusters.cluster import Cluster
from fanfleet.clusters.processes import end
from fanfleet.host import Host
from fanfleet.metadata import Metadata
from fanfleet.oom_watch import KILLS, OomWatch
from fanfleet.process_clock import started_at_ms
from fanfleet.quick_s3 import QuickS3
from fanfleet.quick_secrets import first_secrets
from fanfleet.repeat import until_done
from fanfleet.settings import Settings
from fanfleet.spot import NOTICE_S, SpotWatch
from fanfleet.steps import StepFailed, Steps, say
from fanfleet.watch import HostWatch

TELL_S = 10.0
"""A host that ends waits no longer for its report."""

TELL_AGAIN_S = 5.0
DRAIN_RESERVE_S = 10.0
"""What is kept of the two minutes to leave the cluster."""


def main() -> int:
    settings = Settings.from_environment()
    steps = Steps(settings.steps_file)
    steps.add_since("imports", started_at_ms())
    metadata = Metadata()
    with steps.step("identity"):
        me = host.identify(metadata)
    s3 = QuickS3(metadata)
    key = f"{settings.folder}metrics/{me.instance_id}.jsonl"
    watch = HostWatch(s3, settings.runs_bucket, key, is_kept=bool(settings.fleet))
    watch.start()
    try:
        with steps.step("secrets"):
            secrets = first_secrets(settings.parameter, metadata)
        cluster = cluster_of(settings.engine)
        os.environ.update(cluster.environment(secrets.cluster, settings.head_address))
        os.environ["FANFLEET_INSTANCE_ID"] = me.instance_id
        until = settings.join_deadline
        with steps.step("join"):
            process = cluster.join(me, settings, dict(os.environ), until)
        report = host.report(me, "worker", settings, steps)
        say(f"joined {time.time() - settings.boot_started_at / 1000:.1f} s after the boot")
        # A Spot notice is heeded whether or not S3 answers.
        telling = until_done("the report of this host", lambda: host.put_report(s3, settings, report), TELL_AGAIN_S)
        telling.start()
        _stay(cluster, me, process, metadata)
        telling.stop(TELL_S)
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
            finally:
                # Whatever came of it: this host stays only as long as the process does.
                if process.poll() is None:
                    end(process)

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
