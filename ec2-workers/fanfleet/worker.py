"""A worker: join the head's cluster, report, and stay until the head's Ray is gone."""

import sys
import time

from fanfleet import host, ray_cluster
from fanfleet.aws import client
from fanfleet.secrets import read_secrets
from fanfleet.settings import Settings
from fanfleet.steps import Steps, say


def main() -> int:
    settings = Settings.from_environment()
    steps = Steps(settings.steps_file)
    with steps.step("identity"):
        me = host.identify()
    with steps.step("secrets"):
        secrets = read_secrets(client("ssm"), settings.parameter)
    env = ray_cluster.environment(secrets.ray_token, settings.head_address)
    env["FANFLEET_INSTANCE_ID"] = me.instance_id
    until = settings.boot_started_at / 1000 + settings.join_deadline_s
    with steps.step("head"):
        ray_cluster.wait_for_port(settings.head_address, str(ray_cluster.head_port(settings.head_address)), until)
    with steps.step("ray"):
        process = ray_cluster.join(me.address, settings.temp_dir, env, until)
    host.put_report(client("s3"), settings, host.report(me, "worker", settings, steps))
    say(f"joined {time.time() - settings.boot_started_at / 1000:.1f} s after the boot")
    for line in process.stdout or ():
        print(line, end="", flush=True)
    process.wait()
    say("this host is no longer part of the cluster")
    return 0


if __name__ == "__main__":
    sys.exit(main())
