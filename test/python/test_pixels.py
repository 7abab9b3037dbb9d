"""Tests of the pixels that kernels give; test/integration/pixels-conformance.test.ts compares kernels."""

import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from random import Random

import numpy as np
import pytest
from fanfleet.formats import read_still
from fanfleet.image_memory import image_bytes
from fanfleet.kernels import choose, why_not_native
from fanfleet.native_library import MEASURED
from PIL import Image

KERNELS = ["portable", *([] if why_not_native() else ["native"])]


def noise(width, height, mode="RGB"):
    samples = Random(1).randbytes(width * height * len(Image.new(mode, (1, 1)).getbands()))
    return Image.frombytes(mode, (width, height), samples)


def file_of(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("wanted", KERNELS)
class TestPixels:
    def test_are_red_green_and_blue_row_by_row_from_the_top(self, wanted):
        image = noise(61, 40)
        for kind in ("PNG", "TIFF"):
            decoded = choose(wanted).pixels(file_of(image, kind), "k")
            assert (decoded.width, decoded.height, decoded.failed) == (61, 40, None)
            assert bytes(decoded.data) == image.tobytes()
            assert decoded.decode_ms > 0

    def test_grey_is_in_all_three_and_alpha_over_black(self, wanted):
        grey = np.asarray(noise(30, 20, "L"))
        decoded = choose(wanted).pixels(file_of(Image.fromarray(grey)), "k")
        assert np.array_equal(np.asarray(decoded.data).reshape(20, 30, 3), grey[:, :, None].repeat(3, axis=2))
        rgba = np.asarray(noise(30, 20, "RGBA")).astype(int)
        decoded = choose(wanted).pixels(file_of(Image.fromarray(rgba.astype(np.uint8))), "k")
        over = (2 * rgba[:, :, :3] * rgba[:, :, 3:] + 255) // 510
        assert np.array_equal(np.asarray(decoded.data).reshape(20, 30, 3), over)

    def test_come_into_the_buffer_that_is_given_where_it_has_room(self, wanted):
        image = noise(50, 30)
        for kind in ("PNG", "TIFF"):
            data = file_of(image, kind)
            array = np.full((2, 50, 60), 7, np.uint8)
            decoded = choose(wanted).pixels(data, "k", into=array)
            assert bytes(decoded.data) == image.tobytes()
            assert array.tobytes() == image.tobytes() + bytes([7]) * (array.size - 4500)
            for room in (4499, 0):
                small = bytearray(room)
                assert bytes(choose(wanted).pixels(data, "k", into=small).data) == image.tobytes()
                assert small == bytes(room)

    def test_nothing_of_the_image_before_is_around_a_frame(self, wanted):
        frame = Image.new("P", (4, 3), 0)
        frame.putpalette([200, 100, 50] * 256)
        gif = bytearray(file_of(frame, "GIF"))
        gif[6:10] = bytes((9, 0, 8, 0))  # the screen is larger than its frame
        buffer = bytearray(b"\xff" * 1000)
        decoded = choose(wanted).pixels(bytes(gif), "k", into=buffer)
        pixels = np.asarray(decoded.data).reshape(8, 9, 3)
        assert (pixels[:3, :4] == (200, 100, 50)).all()
        assert pixels.sum() == 12 * 350

    def test_what_cannot_be_decoded_has_its_row(self, wanted):
        kernel = choose(wanted)
        jpeg = file_of(noise(40, 30), "JPEG")
        at = jpeg.index(b"\xff\xc0")
        broken = jpeg[: at + 12] + b"\x03" + jpeg[at + 13 :]  # its table of quantisation is not there
        files = {"EMPTY_OBJECT": b"", "NOT_AN_IMAGE": b"text", "DECODE_FAILED": broken}
        for code, data in files.items():
            decoded = kernel.pixels(data, "k")
            assert decoded.data is None
            assert (decoded.failed["key"], decoded.failed["error"]["code"]) == ("k", code)
            [measured] = kernel.measure_all([("k", data)], "stats")
            assert (decoded.failed, decoded.detail) == (measured.row, measured.detail)
        assert decoded.detail

    def test_an_image_that_takes_too_much_memory_is_not_decoded(self, wanted):
        data = file_of(noise(64, 64))
        needed = image_bytes(read_still(data), len(data), "pixels")
        assert needed == image_bytes(read_still(data), len(data)) + 3 * 64 * 64
        assert choose(wanted).pixels(data, "k", needed).failed is None
        assert choose(wanted).pixels(data, "k", needed - 1).failed["error"]["code"] == "TOO_MUCH_MEMORY"

    def test_says_who_decoded_and_whether_bits_were_dropped(self, wanted):
        deep = Image.frombytes("I;16", (8, 8), Random(1).randbytes(128))
        files = [file_of(noise(8, 8)), file_of(noise(8, 8), "GIF"), file_of(deep)]
        decoded = [choose(wanted).pixels(data, "k") for data in files]
        left = None if wanted == "portable" else "pillow"
        assert [(one.left_to, one.dropped_bits) for one in decoded] == [(None, False), (left, False), (left, True)]

    def test_threads_at_once_do_not_disturb_each_other(self, wanted):
        kernel = choose(wanted)
        files = [file_of(noise(97 + 31 * at, 60 + at), kind) for at in range(6) for kind in ("JPEG", "PNG")]

        def decode(data):
            return bytes(kernel.pixels(data, "k").data)

        expected = [decode(data) for data in files]
        with ThreadPoolExecutor(4) as pool:
            for _ in range(3):
                assert list(pool.map(decode, files)) == expected


@pytest.mark.skipif("native" not in KERNELS, reason="the native kernel was not built")
def test_the_native_library_writes_no_pixels_where_it_has_no_room_for_all():
    image = noise(40, 30)
    library = choose("native")._library
    for kind in ("PNG", "JPEG"):
        still = read_still(file_of(image, kind))
        around = bytearray(b"\x07" * 4000)
        with pytest.raises(ValueError, match="Expected room for 40 x 30 x 3 bytes but got 3599"):
            library.pixels(still, memoryview(around)[:3599])
        assert around == b"\x07" * 4000
        assert library.pixels(still, memoryview(around)[:3600]) == (MEASURED, "")
        assert around[3600:] == b"\x07" * 400
        assert kind == "JPEG" or around[:3600] == image.tobytes()


@pytest.mark.skipif("native" not in KERNELS, reason="the native kernel was not built")
def test_native_decodes_without_the_lock_of_the_interpreter(monkeypatch):
    kernel = choose("native")
    data = file_of(noise(4096, 4096), "JPEG")
    library = kernel._library._library
    call, during = library.fanfleet_pixels, []

    def decoded(*arguments):
        began = time.perf_counter()
        fits = call(*arguments)
        during.extend((began, time.perf_counter()))
        return fits

    monkeypatch.setattr(library, "fanfleet_pixels", decoded)
    worker = threading.Thread(target=kernel.pixels, args=(data, "k"))
    worker.start()
    ticks = []
    while worker.is_alive():
        ticks.append(time.perf_counter())
        time.sleep(0.001)
    # With the lock there is one at most, right before the call.
    began, ended = during
    assert sum(began < tick < ended for tick in ticks) > 5
