"""Tests of what a set-up makes once for all hosts on this machine."""

import os
import subprocess
import sys
from pathlib import Path

import fanfleet


class TestLocalImage:
    def test_compiles_what_hosts_import_though_nothing_else_does(self, tmp_path):
        environment = {
            **os.environ,
            "PYTHONPATH": str(Path(fanfleet.__path__[0]).parent),
            "PYTHONPYCACHEPREFIX": str(tmp_path),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        command = "from fanfleet import local_image; local_image.compile_modules()"
        subprocess.run([sys.executable, "-c", command], env=environment, timeout=300, check=True)
        compiled = {file.parent.name for file in tmp_path.rglob("*.pyc")}
        assert {"boto3", "data", "daft", "distributed", "pyspark", "clusters"} <= compiled

    def test_goes_on_where_a_package_is_missing(self, capsys, monkeypatch):
        from fanfleet import local_image

        monkeypatch.setattr(local_image, "MODULES", ("no.such.package", "json"))
        local_image.compile_modules()
        assert "no.such.package is not compiled" in capsys.readouterr().out
