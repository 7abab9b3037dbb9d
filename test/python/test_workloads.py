"""Tests of the workloads' registry and of what each has the kernels do."""

import json
import re
from pathlib import Path

import pytest
from engines.contract import _parser
from fanfleet import workloads
from fanfleet.image_task import ImageTask
from fanfleet.job_settings import JobSettings
from fanfleet.local_image import MODULES
from fanfleet.workloads.runners import runner_of

NORMALISATION = {"format": "npy", "channels": "each", "quality": 90, "range": {"min": [0, 1, 2], "max": [9, 9, 9]}}
VARIABLES = {
    "FANFLEET_RUN_ID": "r-1",
    "FANFLEET_ROUND": "2",
    "FANFLEET_DATA_BUCKET": "data",
    "FANFLEET_REQUESTER_PAYS": "false",
    "FANFLEET_KERNEL": "auto",
    "FANFLEET_IMAGE_MEMORY": "1024",
}


def test_the_names_are_those_of_the_requests():
    source = Path(__file__).parents[2] / "src" / "workloads" / "names.ts"
    names = re.search(r"WORKLOAD_NAMES = \[([^]]+)\]", source.read_text())[1]
    assert list(workloads.NAMES) == re.findall(r"'([^']+)'", names)


def test_so_are_those_with_stages():
    source = Path(__file__).parents[2] / "src" / "workloads" / "facts.ts"
    stages = dict(re.findall(r"^  (\w+): \{\n.*?^    stages: (\w*)", source.read_text(), re.DOTALL | re.MULTILINE))
    assert stages.keys() == set(workloads.NAMES)
    assert set(workloads.STAGED) == {name for name, first in stages.items() if first != "null"}


def test_so_are_folders_with_a_file_of_each_batch():
    sources = Path(__file__).parents[2] / "src" / "workloads"
    facts = (sources / "facts.ts").read_text()
    known = facts + "".join((sources / name / "params.ts").read_text() for name in ("kmeans", "cnn", "embed"))
    values = dict(re.findall(r"^export const (\w+) = '([^']+)'", known, re.MULTILINE))
    folders = re.findall(r"^  (\w+): \{\n.*?^    batchFolders: \[([^]]*)\]", facts, re.DOTALL | re.MULTILINE)
    assert [name for name, _ in folders] == list(workloads.NAMES)
    expected = {name: tuple(values[each] for each in re.findall(r"\w+", names)) for name, names in folders if names}
    assert expected == workloads.BATCH_FOLDERS


@pytest.mark.parametrize(
    ("name", "params", "expected"),
    [
        ("statistics", {"operation": "minmax", "depth": "native"}, ImageTask("minmax", "native")),
        ("histogram", {"depth": "8"}, ImageTask("stats", "8", counts_values=True)),
        ("normalise", NORMALISATION, ImageTask("normalise", "native", normalisation=NORMALISATION)),
    ],
)
def test_a_workload_of_kernels_says_what_they_do_with_each_image(name, params, expected):
    runner = runner_of({"name": name, "params": params})
    assert runner.task == expected
    assert runner.file_format == ("npy" if name == "normalise" else None)


@pytest.mark.parametrize("name", ["os", "Statistics", "", "statistics.params"])
def test_a_workload_that_is_none_is_refused_with_those_that_there_are(name):
    with pytest.raises(
        ValueError, match=f"of statistics, histogram, normalise, knn, classify, embed but got {name}\\."
    ):
        runner_of({"name": name, "params": {"operation": "stats", "depth": "8"}})


def test_a_setting_that_is_missing_is_named():
    with pytest.raises(KeyError, match="depth"):
        runner_of({"name": "histogram", "params": {}})


def test_a_job_hands_its_workload_to_the_engine_as_it_came():
    workload = {"name": "normalise", "params": NORMALISATION}
    settings = JobSettings.of({**VARIABLES, "FANFLEET_WORKLOAD": json.dumps(workload)})
    options = _parser().parse_args(settings.engine_arguments("runs", None))
    assert options.workload == workload


def test_what_workloads_import_is_compiled_for_hosts_on_this_machine():
    assert {f"fanfleet.workloads.{name}" for name in workloads.NAMES} <= set(MODULES)
