"""Tests of the archive of the classes that Spark loads."""

import subprocess
from pathlib import Path

import pytest
from fanfleet.clusters import spark_archive, spark_home


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """One that is made here, elsewhere than where a set-up has put its own: soon, as it is of few classes."""
    folder = tmp_path_factory.mktemp("jsa")
    file, classes = folder / "spark.jsa", folder / "some.txt"
    listed = spark_archive.CLASSES.read_text().splitlines(keepends=True)
    classes.write_text("".join(name for name in listed if name.startswith("org/apache/spark/deploy/")))
    patch = pytest.MonkeyPatch()
    patch.setattr(spark_archive, "path", lambda: file)
    patch.setattr(spark_archive, "CLASSES", classes)
    yield file
    patch.undo()


class TestSparkArchive:
    def test_spark_starts_from_it_though_its_configuration_is_first_on_the_class_path(
        self, archive, tmp_path, monkeypatch
    ):
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        assert spark_archive.make()
        spark_home.write({}, "secret")
        folder = spark_home.folder()
        command = [
            folder / "java/bin/java",
            "-Xlog:class+load",
            "-cp",
            f"{folder}/conf/:/other.jar:{spark_archive.jars()}",
        ]
        said = subprocess.run(
            [*command, "org.apache.spark.deploy.master.Master", "--help"], capture_output=True, text=True, timeout=600
        ).stdout
        master = next(line for line in said.splitlines() if "org.apache.spark.deploy.master.Master " in line)
        assert "shared objects file" in master

    def test_it_is_made_once(self, archive):
        assert spark_archive.make()
        made = archive.stat().st_mtime_ns
        assert spark_archive.make()
        assert archive.stat().st_mtime_ns == made

    def test_it_is_made_anew_of_other_classes(self, archive, tmp_path, monkeypatch):
        made = archive.stat().st_mtime_ns
        classes = tmp_path / "classes.txt"
        classes.write_text("".join(spark_archive.CLASSES.read_text().splitlines(keepends=True)[:100]))
        monkeypatch.setattr(spark_archive, "CLASSES", classes)
        assert spark_archive.make()
        assert archive.stat().st_mtime_ns != made

    def test_java_that_takes_too_long_is_told_and_leaves_nothing(self, tmp_path, monkeypatch, capsys):
        monkeypatch.setattr(spark_archive, "path", lambda: tmp_path / "spark.jsa")
        monkeypatch.setattr(spark_archive, "MAKE_S", 0.01)
        assert not spark_archive.make()
        assert "Java was not done with it in 0 s" in capsys.readouterr().out
        assert list(tmp_path.iterdir()) == []

    def test_without_it_java_starts_all_the_same(self, tmp_path, monkeypatch):
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        monkeypatch.setattr(spark_archive, "path", lambda: Path("/nonexistent/spark.jsa"))
        spark_home.write({}, "secret")
        java = spark_home.folder() / "java/bin/java"
        assert "SharedArchiveFile" not in java.read_text()
        subprocess.run([java, "-version"], capture_output=True, timeout=600, check=True)

    def test_one_that_is_broken_is_left_alone(self, archive, tmp_path, monkeypatch):
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        broken = tmp_path / "broken.jsa"
        broken.write_bytes(b"no archive")
        monkeypatch.setattr(spark_archive, "path", lambda: broken)
        spark_home.write({}, "secret")
        done = subprocess.run(
            [spark_home.folder() / "java/bin/java", "-version"], capture_output=True, text=True, timeout=600
        )
        assert done.returncode == 0, done.stdout + done.stderr
