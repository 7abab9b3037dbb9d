"""The GPUs of a host, by a program that answers in the place of nvidia-smi: no test here has a GPU."""

import pytest
from fanfleet.gpus import gpus, parse_gpus

T4 = {"name": "Tesla T4", "memoryBytes": 15360 * 2**20, "driver": "570.133.20"}


@pytest.fixture
def nvidia_smi(tmp_path, monkeypatch):
    """Puts a script in the place of nvidia-smi."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    def put(script):
        program = tmp_path / "nvidia-smi"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)

    return put


def test_a_gpu_is_a_line_of_name_memory_and_driver():
    other = {"name": "NVIDIA L4, Ada", "memoryBytes": None, "driver": "570.133.20"}
    text = "Tesla T4, 15360, 570.133.20\nNVIDIA L4, Ada, [N/A], 570.133.20\n\nNo devices were found\n"
    assert parse_gpus(text) == [T4, other]


def test_the_driver_is_asked_for_what_is_parsed(nvidia_smi):
    asked = "--query-gpu=name,memory.total,driver_version --format=csv,noheader,nounits"
    nvidia_smi(f'[ "$*" = "{asked}" ] && echo "Tesla T4, 15360, 570.133.20"')
    assert gpus() == [T4]


def test_a_driver_that_fails_counts_for_none_and_is_told(nvidia_smi, capfd):
    nvidia_smi("echo 'NVIDIA-SMI has failed because it could not talk to the driver' && exit 9")
    assert gpus() == []
    assert "no GPU is counted" in capfd.readouterr().out


def test_where_there_is_no_driver_there_is_none(nvidia_smi, capfd):
    assert gpus() == []
    assert capfd.readouterr().out == ""
