"""The head: start the cluster, wait for its workers, run the engine, and tell Step Functions how it ended."""

import sys
import time
import traceback

from fanfleet.aws import later
from fanfleet.fleet_job import FleetJob, error_of
from fanfleet.job_settings import JobSettings
from fanfleet.kept_fleet import keep
from fanfleet.process_clock import started_at_ms
from fanfleet.quick_secrets import first_secrets
from fanfleet.secrets import Secrets
from fanfleet.settings import Settings
from fanfleet.standing_fleet import StandingFleet
from fanfleet.steps import Steps, say
from fanfleet.task_token import FIRST_S, TaskToken


def main() -> int:
    """0 once Step Functions has been told; an exception leaves that to the boot script."""
    settings = Settings.from_environment()
    steps = Steps(settings.steps_file)
    steps.add_since("imports", started_at_ms())
    fleet = StandingFleet(settings, steps)
    with fleet.steps.step("secrets"):
        secrets = first_secrets(settings.parameter, fleet.metadata)
    do = keep if settings.fleet else _do_one_job
    outcome = do(fleet, secrets)
    say(f"{outcome} {time.time() - settings.boot_started_at / 1000:.1f} s after the boot")
    return 0


def _do_one_job(fleet: StandingFleet, secrets: Secrets) -> str:
    """How it ended, for people."""
    token = TaskToken(later("stepfunctions"), secrets.task_token, first_s=FIRST_S)
    token.start()
    settings, steps = fleet.settings, fleet.steps
    job = FleetJob(fleet, JobSettings.of())
    error = None
    try:
        fleet.boot(secrets.cluster)
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
