"""The head: start the cluster, wait for its workers, run the engine, and tell Step Functions how it ended."""

import sys
import time
import traceback

from fanfleet.aws import client
from fanfleet.fleet_job import FleetJob, error_of
from fanfleet.job_settings import JobSettings
from fanfleet.kept_fleet import keep
from fanfleet.secrets import read_secrets
from fanfleet.settings import Settings
from fanfleet.standing_fleet import StandingFleet
from fanfleet.steps import Steps, say
from fanfleet.task_token import TaskToken


def main() -> int:
    """0 once Step Functions has been told; an exception leaves that to the boot script."""
    settings = Settings.from_environment()
    fleet = StandingFleet(settings, Steps(settings.steps_file))
    with fleet.steps.step("secrets"):
        secrets = read_secrets(client("ssm"), settings.parameter)
    token = TaskToken(client("stepfunctions"), secrets.task_token)
    token.start()
    do = keep if settings.fleet else _do_one_job
    outcome = do(fleet, secrets.cluster, token)
    say(f"{outcome} {time.time() - settings.boot_started_at / 1000:.1f} s after the boot")
    return 0


def _do_one_job(fleet: StandingFleet, secret: str, token: TaskToken) -> str:
    """How it ended, for people."""
    settings, steps = fleet.settings, fleet.steps
    job = FleetJob(fleet, JobSettings.of())
    error = None
    try:
        fleet.boot(secret)
        with steps.step("engine"):
            job.run(settings.boot_started_at / 1000 + settings.deadline_s, token.gone.is_set)
    except Exception as reason:
        traceback.print_exc()
        error = error_of(reason, steps.current)
    finally:
        fleet.end()
    job.put_info(error)
    token.settle(error, {"status": "succeeded", "workersJoined": len(fleet.joined)})
    return "succeeded" if error is None else f"failed with {error['code']}"


if __name__ == "__main__":
    sys.exit(main())
