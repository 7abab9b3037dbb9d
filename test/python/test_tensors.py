"""Tests of the tensors that kernels make of images: test/fixtures/pillow_resample.py says what they have to be."""

import io
import sys
from pathlib import Path
from random import Random

import numpy as np
import pytest
from fanfleet.formats import read_still
from fanfleet.image_memory import image_bytes
from fanfleet.kernels import choose, why_not_native
from fanfleet.tensor_plan import plan_tensor, tensor_bytes
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1] / "fixtures"))

from pillow_resample import resized
from tall_image import damaged_gif

KERNELS = ["portable", *([] if why_not_native() else ["native"])]
FILTERS = ("nearest", "box", "bilinear", "bicubic", "lanczos")
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]


def recipe(**changes):
    whole = {"resize": {"shorter": 32}, "filter": "bilinear", "layout": "nchw", "type": "float32"}
    return whole | {"mean": MEAN, "std": STD} | changes


def as_bytes(**changes):
    """Of the type that has no constants."""
    return {"resize": {"shorter": 32}, "filter": "bilinear", "layout": "nhwc", "type": "uint8"} | changes


def noise(width, height, seed=1):
    """Half of its values are the least or the most, where sums are cut off."""
    random = np.random.default_rng(seed)
    values = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    return np.where(random.random(values.shape) < 0.5, np.uint8(255) * (values > 127), values).astype(np.uint8)


def file_of(pixels, kind="PNG", **options):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


def sizes(count):
    """Odd and even ones, sides of one pixel, and so much fewer rows that they are resampled first."""
    random = Random(7)
    sides = [1, 2, 3, 5, 31, 64, 97, 203]
    for _ in range(count):
        yield [random.choice([random.choice(sides), random.randint(1, 120)]) for _ in range(4)]


@pytest.mark.parametrize("wanted", KERNELS)
class TestTensor:
    @pytest.mark.parametrize("name", FILTERS)
    def test_has_the_pixels_of_the_formulas_in_any_size(self, wanted, name):
        kernel = choose(wanted)
        for at, (width, height, to_width, to_height) in enumerate(sizes(60)):
            pixels = noise(width, height, at)
            asked = as_bytes(resize={"width": to_width, "height": to_height}, filter=name)
            made = kernel.tensor(file_of(pixels), "k", asked)
            assert (made.failed, made.width, made.height) == (None, width, height)
            assert np.array_equal(made.data, resized(pixels, to_width, to_height, name)), (width, height, asked)

    @pytest.mark.parametrize("name", FILTERS)
    def test_cuts_out_of_what_was_resized_whole(self, wanted, name):
        kernel = choose(wanted)
        for at, (width, height, side, cut) in enumerate(sizes(40)):
            shorter, cut = max(side, cut), min(side, cut)
            if max(width, height) / min(width, height) * shorter > 2000:
                continue
            pixels = noise(width, height, at)
            asked = as_bytes(resize={"shorter": shorter}, crop={"width": cut, "height": (cut + 1) // 2}, filter=name)
            plan = plan_tensor(asked, width, height)
            whole = resized(pixels, plan.width, plan.height, name)
            expected = whole[plan.top : plan.top + (cut + 1) // 2, plan.left : plan.left + cut]
            assert np.array_equal(kernel.tensor(file_of(pixels), "k", asked).data, expected), (width, height, asked)

    def test_large_reductions_are_those_of_pillow(self, wanted):
        for width, height in ((1499, 601), (40, 6001), (1, 9001)):
            pixels = noise(width, height)
            file = file_of(pixels, compress_level=1)
            for name in FILTERS[1:]:
                asked = as_bytes(resize={"width": 7, "height": 5}, filter=name)
                expected = Image.fromarray(pixels).resize((7, 5), getattr(Image.Resampling, name.upper()))
                made = choose(wanted).tensor(file, "k", asked)
                assert np.array_equal(made.data, np.asarray(expected)), (width, height, name)

    def test_is_normalised_by_the_operations_of_torchvision_in_either_layout(self, wanted):
        pixels = noise(45, 61)
        small = resized(pixels, 32, 43, "bilinear")
        values = small.astype(np.float32) / np.float32(255)
        expected = (values - np.float32(MEAN)) / np.float32(STD)
        kernel = choose(wanted)
        planar = kernel.tensor(file_of(pixels), "k", recipe())
        assert (planar.data.dtype, planar.data.shape) == (np.float32, (3, 43, 32))
        assert np.array_equal(planar.data, expected.transpose(2, 0, 1))
        assert np.array_equal(kernel.tensor(file_of(pixels), "k", recipe(layout="nhwc")).data, expected)
        plain = {name: value for name, value in recipe().items() if name not in ("mean", "std")}
        assert np.array_equal(kernel.tensor(file_of(pixels), "k", plain).data, values.transpose(2, 0, 1))
        planes = kernel.tensor(file_of(pixels), "k", as_bytes(layout="nchw")).data
        assert (planes.dtype, planes.tolist()) == (np.uint8, small.transpose(2, 0, 1).tolist())

    def test_is_of_the_pixels_that_the_kernel_gives_whatever_the_image(self, wanted):
        kernel = choose(wanted)
        rgba = np.dstack([noise(50, 33), noise(50, 33, 2)[:, :, 0]])
        files = [file_of(noise(50, 33)[:, :, 0]), file_of(noise(50, 33)[:, :, 0], "JPEG"), file_of(rgba)]
        files += [file_of(noise(50, 33), "JPEG", quality=80), file_of(noise(50, 33), "GIF"), file_of(rgba, "WEBP")]
        for file in files:
            decoded = kernel.pixels(file, "k")
            pixels = np.asarray(decoded.data).reshape(33, 50, 3)
            made = kernel.tensor(file, "k", as_bytes(filter="bicubic"))
            assert np.array_equal(made.data, resized(pixels, 48, 32, "bicubic"))
            assert made.left_to == decoded.left_to

    def test_comes_into_the_place_that_is_given_where_it_has_room(self, wanted):
        pixels = noise(40, 40)
        batch = np.full((2, 3, 32, 32), 7, np.float32)
        made = choose(wanted).tensor(file_of(pixels), "k", recipe(), into=batch[1])
        assert np.array_equal(made.data, batch[1])
        assert (batch[0] == 7).all() and not (batch[1] == 7).any()
        small = np.full(5, 7, np.float32)
        assert np.array_equal(choose(wanted).tensor(file_of(pixels), "k", recipe(), into=small).data, batch[1])
        assert (small == 7).all()

    def test_of_many_come_into_the_array_of_a_batch_without_gaps_for_what_fails(self, wanted):
        kernel = choose(wanted)
        jpeg = file_of(noise(60, 40), "JPEG")
        damaged = jpeg[: jpeg.index(b"\xff\xc0") + 12] + b"\x03" + jpeg[jpeg.index(b"\xff\xc0") + 13 :]
        files = [b"", file_of(noise(45, 45)), damaged, file_of(noise(50, 33), "GIF"), jpeg, b"text"]
        files += [file_of(noise(33, 50)), damaged]
        for asked in (recipe(crop={"width": 32, "height": 32}), as_bytes(resize={"width": 20, "height": 9})):
            each = [kernel.tensor(file, str(at), asked) for at, file in enumerate(files)]
            sound = [one.data for one in each if one.failed is None]
            batch = np.full((len(files) + 1, *sound[0].shape), 7, sound[0].dtype)
            made = kernel.tensors([(str(at), file) for at, file in enumerate(files)], asked, batch)
            assert [one.failed for one in made] == [one.failed for one in each]
            assert [(one.width, one.height, one.left_to) for one in made] == [
                (one.width, one.height, one.left_to) for one in each
            ]
            assert [one.detail for one in made] == [one.detail for one in each]
            assert len(sound) == 4 and np.array_equal(batch[:4], sound)
            places = [one.data for one in made if one.failed is None]
            assert all(np.shares_memory(place, batch[at]) for at, place in enumerate(places))
            assert (batch[-1] == 7).all()
        assert kernel.tensors([], recipe(crop={"width": 32, "height": 32}), np.empty(0, np.float32)) == []

    def test_into_an_array_that_does_not_fit_they_are_not_made(self, wanted):
        asked = recipe(crop={"width": 32, "height": 32})
        images = [("a", file_of(noise(40, 40)))] * 2
        for into in (np.empty((1, 3, 32, 32), np.float32), np.empty((2, 3, 32, 32), np.uint8)):
            with pytest.raises(ValueError, match=r"^Expected room for 6144 values of float32 but got "):
                choose(wanted).tensors(images, asked, into)
        with pytest.raises(ValueError, match=r"^Expected a recipe with `crop`, by which all tensors have one size"):
            choose(wanted).tensors(images, recipe(), np.empty((2, 3, 32, 32), np.float32))

    def test_of_what_cannot_be_decoded_there_is_the_row(self, wanted):
        kernel = choose(wanted)
        jpeg = file_of(noise(40, 30), "JPEG")
        at = jpeg.index(b"\xff\xc0")
        broken = jpeg[: at + 12] + b"\x03" + jpeg[at + 13 :]  # its table of quantisation is not there
        for file in (b"", b"text", jpeg[:-40], broken):
            made, decoded = kernel.tensor(file, "k", recipe()), kernel.pixels(file, "k")
            assert made.data is None
            assert (made.failed, made.detail) == (decoded.failed, decoded.detail)

    def test_one_that_takes_too_much_memory_or_has_too_many_pixels_is_not_made(self, wanted):
        kernel = choose(wanted)
        file = file_of(noise(64, 64))
        needed = image_bytes(read_still(file), len(file)) + tensor_bytes(recipe(), 64, 64)
        assert kernel.tensor(file, "k", recipe(), needed).failed is None
        assert kernel.tensor(file, "k", recipe(), needed - 1).failed["error"]["code"] == "TOO_MUCH_MEMORY"
        long = kernel.tensor(file_of(noise(1, 9000)), "k", recipe(resize={"shorter": 256}))
        assert long.failed["error"]["code"] == "TOO_MANY_PIXELS"
        # By the header, so that damage behind it is not seen by one kernel and not by another.
        damaged = damaged_gif(9000)
        assert kernel.pixels(damaged, "k").failed["error"]["code"] == "DECODE_FAILED"
        tall = kernel.tensor(damaged, "k", recipe(resize={"shorter": 256}))
        assert tall.failed["error"]["code"] == "TOO_MANY_PIXELS"


def test_sizes_are_those_of_torchvision():
    # As `_compute_resized_output_size` and `center_crop` of torchvision 0.29: the long side floored, halves to even.
    asked = recipe(resize={"shorter": 256}, crop={"width": 224, "height": 224})
    plans = [plan_tensor(asked, *size) for size in ((500, 375), (375, 500), (500, 333), (1, 3), (256, 256))]
    assert [(plan.width, plan.height) for plan in plans] == [(341, 256), (256, 341), (384, 256), (256, 768), (256, 256)]
    assert [(plan.left, plan.top) for plan in plans] == [(58, 16), (16, 58), (80, 16), (16, 272), (16, 16)]
    odd = plan_tensor(recipe(resize={"width": 10, "height": 8}, crop={"width": 3, "height": 3}), 99, 99)
    assert (odd.left, odd.top) == (4, 2)
