"""The processor of a batch, as TypeScript has it (test/unit/contract/processor.test.ts)."""

import json
import platform
from pathlib import Path

import pytest
from fanfleet.processor import ARCHITECTURES, own_processor, processor_of

CASES = json.loads((Path(__file__).parents[1] / "fixtures/processors.json").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["expected"] and case["expected"]["kind"]))
def test_it_is_what_linux_tells(case):
    assert processor_of(case["cpuinfo"], case["architecture"]) == case["expected"]


@pytest.mark.skipif(platform.system() != "Linux", reason="There is no /proc/cpuinfo.")
def test_it_is_known_of_this_machine():
    assert own_processor()["kind"].startswith(f"{ARCHITECTURES[platform.machine()]} ")
