"""Ends the output as all tests of the project do: `N passed, N failed`."""

import pytest


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or config.option.collectonly:
        return
    passed = len(reporter.stats.get("passed", []))
    # A file that cannot be loaded, and a fixture that fails, are errors and no failures in the words of pytest.
    failed = len(reporter.stats.get("failed", [])) + len(reporter.stats.get("error", []))
    print(f"\n{passed} passed, {failed} failed")
