"""Ends the output as all tests of the project do: `N passed, N failed`. Tells each test to the log, if there is one."""

import json
import os

import pytest

# scripts/tests/test-log.ts. Tests of pytest itself in a test would be none of these.
LOG = os.environ.pop("FANFLEET_TEST_LOG", None)
# Of tests that are run again: the error of the first try.
first_errors = {}


def pytest_runtest_logreport(report):
    # What stands before and after a test is told by itself: a cluster for many tests takes longer than each of them.
    if report.outcome == "rerun":
        first_errors[report.nodeid] = error_of(report)
    elif not report.skipped:
        tell(report, report.when, report.duration)


def pytest_collectreport(report):
    if report.failed:
        tell(report, "call", 0.0)


def tell(report, when, seconds):
    if LOG is None:
        return
    file, _, name = report.nodeid.partition("::")
    ended = {"file": file, "name": name if when == "call" else f"{name} ({when})", "seconds": seconds}
    if report.failed:
        ended["error"] = error_of(report)
    elif when == "call" and report.nodeid in first_errors:
        ended |= {"error": first_errors[report.nodeid], "isFlaky": True}
    with open(LOG, "a") as log:
        log.write(json.dumps(ended) + "\n")


def error_of(report):
    """What was raised, and where; of a file that does not load, where neither is known, all that pytest says."""
    crash = getattr(report.longrepr, "reprcrash", None)
    return report.longreprtext if crash is None else f"{crash.message}\nat {crash.path}:{crash.lineno}"


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or config.option.collectonly:
        return
    passed = len(reporter.stats.get("passed", []))
    # A file that cannot be loaded, and a fixture that fails, are errors and no failures in the words of pytest.
    failed = len(reporter.stats.get("failed", [])) + len(reporter.stats.get("error", []))
    print(f"\n{passed} passed, {failed} failed")
