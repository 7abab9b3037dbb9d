"""Tests of the workload kmeans: what its batches and reduces give, beside fractions and an independent computation."""

import gzip
import hashlib
import json
import random
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import fanfleet.workloads
import independent_kmeans
import numpy as np
import pytest
from fanfleet.fleet_job import FleetJob
from fanfleet.inputs import InputStore, StageState
from fanfleet.kernels import choose, why_not_native
from fanfleet.workloads.kmeans import KmeansReducer, KmeansRunner, State, Sums, inertia_text, read_state
from fanfleet.workloads.runner import Loaded
from memory_bucket import Bucket
from run_in_memory import ARM, Engine, RunBucket, folder_of, forget_others, options_of, png

ROOT = Path(__file__).parents[2]
KERNELS = ["portable", *([] if why_not_native() else ["native"])]


def compact(value):
    return json.dumps(value, separators=(",", ":"))


def state_of(centres, width=1, height=1):
    """The text of a state; a centre is a count and its sums."""
    named = [{"count": count, "sum": list(sums)} for count, sums in centres]
    return compact({"width": width, "height": height, "centres": named, "sizes": None, "inertia": None}).encode()


def step_of(state, kernel):
    bucket = Bucket()
    bucket.objects["s"] = state
    place = {"key": "s", "sha256": hashlib.sha256(state).hexdigest(), "bytes": len(state)}
    return KmeansRunner().at(choose(kernel), StageState(bucket, "b", {"number": 0, "state": place}, InputStore()))


def loaded_of(vectors, width=1, height=1):
    rows = [{"key": str(at), "width": width, "height": height, "channels": 3} for at in range(len(vectors))]
    return Loaded(rows, np.array(vectors, np.uint8).reshape(len(vectors), width * height * 3))


def cut(numbers, items):
    """Into parts, some of them empty."""
    places = sorted(numbers.randint(0, len(items)) for _ in range(numbers.randint(0, 5)))
    return [items[a:b] for a, b in zip([0, *places], [*places, len(items)], strict=True)]


@pytest.mark.parametrize("kernel", KERNELS)
class TestStep:
    def test_images_go_to_the_nearest_centre_and_of_equally_near_ones_to_the_first(self, kernel):
        # The centres are 10, 61/3, 10 and 30: 25 is 14/3 beside the second, and 5 beside the last.
        state = state_of([(1, [10] * 3), (3, [61] * 3), (2, [20] * 3), (1, [30] * 3)])
        done = step_of(state, kernel).step(loaded_of([[10] * 3, [20] * 3, [25] * 3, [26] * 3, [0] * 3, [255] * 3]))
        assert [row["label"] for row in done.rows] == ["0", "1", "1", "3", "0", "3"]
        assert list(done.rows[0]) == ["key", "width", "height", "channels", "label"]
        [file] = done.files
        assert file.folder == "sums"
        assert file.body == compact(
            {
                "counts": [2, 2, 0, 2],
                "squares": [300, 3 * (400 + 625), 0, 3 * (26**2 + 255**2)],
                "sums": [[10] * 3, [45] * 3, [0] * 3, [281] * 3],
            }
        )

    def test_what_could_not_be_loaded_keeps_its_row_and_is_no_image_of_a_cluster(self, kernel):
        failed = {"key": "x", "error": {"code": "NOT_AN_IMAGE", "message": "m"}}
        loaded = loaded_of([[1] * 3, [9] * 3])
        rows = [failed, loaded.rows[0], failed, loaded.rows[1]]
        step = step_of(state_of([(1, [8] * 3), (1, [0] * 3)]), kernel)
        done = step.step(Loaded(rows, loaded.pixels))
        assert [row.get("label") for row in done.rows] == [None, "1", None, "0"]
        assert done.rows[0] is failed
        assert "label" not in loaded.rows[0]
        nothing = step.step(Loaded([failed], loaded.pixels[:0]))
        assert nothing.files[0].body == compact({"counts": [0, 0], "squares": [0, 0], "sums": [[0] * 3] * 2})

    def test_says_the_size_that_images_must_have(self, kernel):
        assert step_of(state_of([(1, [0] * 18)], 2, 3), kernel).size == (2, 3)


class TestReducer:
    def of(self, state, most=100, number=0):
        return KmeansReducer(len(read_state(state).counts), most, number, state)

    def reduce(self, state, batches, **options):
        step, reducer = step_of(state, "portable"), self.of(state, **options)
        for vectors in batches:
            reducer.add(step.step(loaded_of(vectors)).files[0].body.encode())
        text, is_last = reducer.finish()
        return json.loads(text), is_last, text

    @pytest.mark.parametrize("seed", range(40))
    def test_is_what_fractions_give_however_images_are_cut_into_batches(self, seed):
        # Prepare: centres of whichever counts, some of them far from all images
        numbers = random.Random(seed)
        k, most = numbers.randint(1, 6), numbers.choice([3, 20, 255])
        counts = [numbers.choice([1, 2, 3, 7, 2**31]) for _ in range(k)]
        centres = [(count, [numbers.randint(0, most * count) for _ in range(3)]) for count in counts]
        vectors = [[numbers.randint(0, most) for _ in range(3)] for _ in range(numbers.randint(0, 60))]

        # Act
        outcome, is_last, text = self.reduce(state_of(centres), cut(numbers, vectors))

        # Assess
        means = [[Fraction(value, count) for value in sums] for count, sums in centres]
        distances = [[sum((x - c) ** 2 for x, c in zip(v, mean, strict=True)) for mean in means] for v in vectors]
        nearest = [min(range(k), key=of_vector.__getitem__) for of_vector in distances]
        own = [[v for v, label in zip(vectors, nearest, strict=True) if label == cluster] for cluster in range(k)]
        expected = [
            {"count": len(of_cluster), "sum": [sum(values) for values in zip(*of_cluster, strict=True)]}
            if of_cluster
            else {"count": centres[cluster][0], "sum": centres[cluster][1]}
            for cluster, of_cluster in enumerate(own)
        ]
        assert outcome["centres"] == expected
        assert outcome["sizes"] == [len(of_cluster) for of_cluster in own]
        inertia = sum((min(of_vector) for of_vector in distances), Fraction(0))
        assert abs(Fraction(outcome["inertia"]) - inertia) <= Fraction(1, 2_000_000)
        assert list(outcome) == ["width", "height", "centres", "sizes", "inertia"]
        assert (text, is_last) == (compact(outcome), expected == [{"count": n, "sum": s} for n, s in centres])
        assert self.reduce(state_of(centres), [vectors])[2] == text
        for other in range(3):
            assert self.reduce(state_of(centres), cut(random.Random(other), vectors))[2] == text

    def test_a_cluster_without_images_keeps_its_centre(self):
        outcome, is_last, _ = self.reduce(state_of([(1, [0] * 3), (3, [700, 1, 2])]), [[[1, 2, 3]]])
        assert outcome["centres"] == [{"count": 1, "sum": [1, 2, 3]}, {"count": 3, "sum": [700, 1, 2]}]
        assert (outcome["sizes"], is_last) == ([1, 0], False)

    def test_ends_when_no_centre_changes_or_after_the_last_iteration(self):
        images = [[0] * 3, [4] * 3, [100] * 3]
        state = state_of([(1, [0] * 3), (1, [100] * 3)])
        outcomes, number = [], 0
        for is_end in (False, True):
            outcome, is_last, text = self.reduce(state, [images], number=number)
            assert is_last is is_end
            outcomes.append(outcome["inertia"])
            state, number = text.encode(), number + 1
        assert outcomes == ["48.000000", "24.000000"]
        first = state_of([(1, [0] * 3), (1, [100] * 3)])
        assert self.reduce(first, [images], most=1)[1]
        assert [self.reduce(first, [images], most=3, number=number)[1] for number in (1, 2)] == [False, True]

    def test_a_centre_of_more_images_at_the_same_place_has_changed(self):
        black = state_of([(1, [0] * 3)])
        outcome, is_last, text = self.reduce(black, [[[0] * 3, [0] * 3]])
        assert (outcome["centres"], is_last) == ([{"count": 2, "sum": [0] * 3}], False)
        assert self.reduce(text.encode(), [[[0] * 3, [0] * 3]])[1]

    def test_of_inertia_half_a_millionth_is_rounded_up(self):
        # One image of 1 in a cluster whose centre is S/n: (1 - S/n)^2 for one value, and 0 for the others.
        for n, total, expected in (
            (2000, 1999, "0.000000"),
            (1000, 999, "0.000001"),
            (3, 2, "0.111111"),
            (7, 0, "1.000000"),
        ):
            state = State(1, 1, [n], np.array([[total, 0, 0]], np.int64))
            assert inertia_text(state, Sums([1], [1], np.array([[1, 0, 0]], np.int64))) == expected
        # Twice 1/4 of a millionth is its half.
        state = State(1, 1, [2000], np.array([[1999, 0, 0]], np.int64))
        assert inertia_text(state, Sums([2], [2], np.array([[2, 0, 0]], np.int64))) == "0.000001"

    def test_inertia_is_exact_where_numbers_are_large(self):
        n = 2**31
        state = State(1, 1, [n, n - 1], np.array([[255 * n - 1, 0, 3], [5, 7, 255 * (n - 1)]], np.int64))
        total = Sums(
            [n, 9], [n * 3 * 255**2, 9 * 255**2], np.array([[255 * n, 255 * n - 3, 9], [0, 0, 2295]], np.int64)
        )
        expected = Fraction(0)
        for cluster in range(2):
            centre = [Fraction(int(value), state.counts[cluster]) for value in state.sums[cluster]]
            crossed = sum(int(t) * c for t, c in zip(total.sums[cluster], centre, strict=True))
            expected += total.squares[cluster] - 2 * crossed + total.counts[cluster] * sum(c * c for c in centre)
        millionths = (expected * 1_000_000 + Fraction(1, 2)).__floor__()
        assert inertia_text(state, total) == f"{millionths // 10**6}.{millionths % 10**6:06}"

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            ({"counts": [1]}, "not of 2 clusters"),
            ({"squares": [0, 0, 0]}, "not of 2 clusters"),
            ({"sums": {}}, "not of 2 clusters"),
            ({"counts": [1, -1]}, "integers from 0 on"),
            ({"counts": [True, 0]}, "integers from 0 on"),
            ({"squares": [3.0, 0]}, "integers from 0 on"),
            ({"squares": [3 * 255**2 + 1, 0]}, "that of cluster 0 cannot be of images"),
            ({"squares": [3, 1]}, "that of cluster 1 cannot be of images"),
            ({"counts": [2**31 + 1, 0]}, "that of cluster 0 cannot be of images"),
            ({"sums": [[1, 1], [0, 0, 0]]}, "cluster 0 to be of 1 images of 3 values"),
            ({"sums": [[1, 1, 256], [0, 0, 0]]}, "cluster 0 to be of 1 images of 3 values"),
            ({"sums": [[1, 1, 1], [0, 0, 1]]}, "cluster 1 to be of 0 images of 3 values"),
            ({"sums": [[1, 1, 1.0], [0, 0, 0]]}, "cluster 0 to be of 1 images of 3 values"),
            ({"more": 1}, "an object with counts, squares, sums, but"),
        ],
    )
    def test_what_no_worker_writes_is_refused_and_not_added(self, change, why):
        sound = {"counts": [1, 0], "squares": [3, 0], "sums": [[1, 1, 1], [0, 0, 0]]}
        reducer = self.of(state_of([(1, [0] * 3), (1, [9] * 3)]))
        with pytest.raises(ValueError, match=why):
            reducer.add(compact(sound | change).encode())
        for file in (b"", b"[]", b"{", compact(sound).encode()[:-1], b"\xff"):
            with pytest.raises(ValueError, match="Expected what a batch adds up to"):
                reducer.add(file)
        reducer.add(compact(sound).encode())
        assert json.loads(reducer.finish()[0])["sizes"] == [1, 0]

    def test_more_images_of_a_cluster_than_kernels_take_are_refused(self):
        reducer = self.of(state_of([(1, [0] * 3)]))
        file = compact({"counts": [2**31], "squares": [0], "sums": [[0, 0, 0]]}).encode()
        reducer.add(file)
        with pytest.raises(ValueError, match=r"2\^31 images of a cluster"):
            reducer.add(file)

    @pytest.mark.parametrize(
        ("change", "why"),
        [
            ({"width": 0}, "no width and height"),
            ({"height": "1"}, "no width and height"),
            ({"centres": []}, "there are none"),
            ({"centres": [3]}, "there are none"),
            ({"centres": [{"count": 0, "sum": [0] * 3}]}, r"of 1 to 2\^31 images each"),
            ({"centres": [{"count": 1.0, "sum": [0] * 3}]}, r"of 1 to 2\^31 images each"),
            ({"centres": [{"count": 1, "sum": [0] * 2}]}, "centre 0 to be of 1 images of 3 values"),
            ({"centres": [{"count": 1, "sum": [256] * 3}]}, "centre 0 to be of 1 images of 3 values"),
            ({"other": 0}, "an object with width, height, centres, sizes, inertia, but"),
        ],
    )
    def test_a_file_of_another_form_is_no_state(self, change, why):
        sound = json.loads(state_of([(1, [1] * 3)]))
        assert read_state(compact(sound).encode()).counts == [1]
        with pytest.raises(ValueError, match=why):
            read_state(compact(sound | change).encode())

    def test_a_state_of_other_clusters_than_were_asked_for_is_refused(self):
        with pytest.raises(ValueError, match="Expected 3 centres but there are 1"):
            KmeansReducer(3, 100, 0, state_of([(1, [0] * 3)]))


@pytest.fixture(scope="module")
def digits(tmp_path_factory):
    """Every third of the handwritten digits, some files that cannot be done, and independent stages of all of them."""
    lines = gzip.decompress((ROOT / "assets/digits/digits.csv.gz").read_bytes()).decode().split()[::3]
    files = {}
    for number, line in enumerate(lines):
        values = np.array(line.split(",")[:64], np.int64).reshape(8, 8)
        files[f"{number:04}.png"] = png(np.repeat((values * 255 // 16)[:, :, None], 3, axis=2))
    files |= {"0007-text.png": b"no image", "0008-large.png": png(np.zeros((9, 8, 3)))}
    files = dict(sorted(files.items()))
    folder = tmp_path_factory.mktemp("digits")
    for name, body in files.items():
        (folder / name).write_bytes(body)
    starts = [f"{number:04}.png" for number in range(10)]
    images = independent_kmeans.read(folder, "")
    centres = [(1, images[key].reshape(-1).tolist()) for key in starts]
    return files, state_of(centres, 8, 8), independent_kmeans.stages(images, starts, 100)


@pytest.mark.parametrize("kernel", KERNELS)
class TestRun:
    @pytest.fixture(autouse=True)
    def start(self, monkeypatch, kernel):
        forget_others(monkeypatch)
        for names in ("NAMES", "STAGED"):
            known = getattr(fanfleet.workloads, names)
            monkeypatch.setattr(fanfleet.workloads, names, tuple(dict.fromkeys([*known, "kmeans"])))
        self.bucket = RunBucket()
        monkeypatch.setattr("fanfleet.fleet_job.client", lambda service: self.bucket)
        monkeypatch.setattr("fanfleet.fleet_job.later", lambda service: self.bucket)

    def run(self, digits, kernel, size, most=100):
        files, start, _ = digits
        self.bucket.put_run(files, size, start)
        params = {"k": 10, "starts": "kmeans++", "seed": 1, "maxIterations": most, "labels": "auto"}
        settings = SimpleNamespace(runs_bucket="runs", stall_s=600.0, alone_s=60.0)
        engine = Engine(self.bucket)
        fleet = SimpleNamespace(engine=engine, settings=settings, alive={"10.0.0.1"})
        FleetJob(fleet, options_of({"name": "kmeans", "params": params}, None, kernel)[0]).run(2e9, lambda: False)
        return engine.stages

    def rows_of(self, stage):
        files = sorted(self.bucket.below(f"{folder_of(stage)}results/").items())
        return b"".join(body for _, body in files).decode().splitlines()

    def test_rows_and_outcomes_of_the_digits_are_those_of_an_independent_computation(self, digits, kernel):
        expected = digits[2]
        assert self.run(digits, kernel, 100) == list(range(len(expected)))
        assert len(expected) > 5
        for number, stage in enumerate(expected):
            assert self.bucket.objects[f"{folder_of(number)}outcome.json"].decode() == stage["outcome"]
            assert self.rows_of(number) == stage["rows"]
        spans = [json.loads(body) for key, body in self.bucket.below(ARM).items() if "/spans/" in key]
        assert {span.get("gets") for span in spans if span["stage"] > 0} == {0}
        assert {span["kernel"] for span in spans} == {{"portable": "pillow", "native": "native"}[kernel]}

    def test_it_ends_after_as_many_iterations_as_were_asked_for_and_the_cut_into_batches_does_not_matter(
        self, digits, kernel
    ):
        assert self.run(digits, kernel, 37, most=3) == [0, 1, 2]
        for number in range(3):
            assert self.bucket.objects[f"{folder_of(number)}outcome.json"].decode() == digits[2][number]["outcome"]
            assert self.rows_of(number) == digits[2][number]["rows"]
