"""Tests of models in Python: loading one, what it gives, and its rows."""

import json
import sys

import numpy as np
import pytest
from fanfleet.class_scores import logits_hash
from fanfleet.classifier import Classifier, Description, row_of
from fanfleet.image_model import NoRoomForModel, RuntimeMissing
from fanfleet.inputs import InputDamaged
from fanfleet.row import failed_row
from onnx_model import UINT8, flat_times_matrix, hungry_model

HEIGHT, WIDTH, CLASSES = 4, 5, 7
WEIGHTS = np.random.default_rng(3).standard_normal((3 * HEIGHT * WIDTH, CLASSES)).astype(np.float32)


def description(**changes):
    recipe = {"resize": {"width": WIDTH, "height": HEIGHT}, "filter": "bilinear", "layout": "nchw", "type": "float32"}
    fields = {"recipe": recipe, "bgr": False, "input": "images", "output": "scores", "batch": "any", "isSoftmax": False}
    fields["labels"] = [f"class {number}" for number in range(CLASSES)]
    return json.dumps(fields | changes | {"recipe": recipe | changes.get("recipe", {})}).encode()


def tensors(count, shape=(3, HEIGHT, WIDTH)):
    return np.random.default_rng(count).standard_normal((count, *shape)).astype(np.float32)


class TestClassifier:
    def test_gives_what_the_model_gives_however_many_come_together(self):
        classifier = Classifier(flat_times_matrix(WEIGHTS, ["N", 3, HEIGHT, WIDTH]), description())
        assert (classifier.shape, classifier.batch, len(classifier.labels)) == ((3, HEIGHT, WIDTH), None, CLASSES)
        assert (classifier.empty(2).shape, classifier.empty(2).dtype) == ((2, 3, HEIGHT, WIDTH), np.float32)
        many = tensors(9)
        given = classifier.logits(many)
        assert (given.shape, given.dtype) == ((9, CLASSES), np.float32)
        assert np.allclose(given, many.reshape(9, -1) @ WEIGHTS, atol=1e-4)
        assert classifier.logits(many[4:5]).shape == (1, CLASSES)

    def test_asks_a_model_that_takes_one_image_for_one_after_the_other(self):
        classifier = Classifier(flat_times_matrix(WEIGHTS, [1, 3, HEIGHT, WIDTH]), description(batch=1))
        many = tensors(5)
        assert np.array_equal(classifier.logits(many), np.concatenate([classifier.logits(one[None]) for one in many]))

    @pytest.mark.parametrize("layout", ["nchw", "nhwc"])
    def test_swaps_red_and_blue_where_the_model_wants_it_and_leaves_the_tensors_alone(self, layout):
        shape = (3, HEIGHT, WIDTH) if layout == "nchw" else (HEIGHT, WIDTH, 3)
        model = flat_times_matrix(WEIGHTS, ["N", *shape])
        rgb, bgr = (Classifier(model, description(bgr=bgr, recipe={"layout": layout})) for bgr in (False, True))
        many = tensors(2, shape)
        before = many.copy()
        swapped = many[:, [2, 1, 0]] if layout == "nchw" else many[..., [2, 1, 0]]
        assert np.array_equal(bgr.logits(many), rgb.logits(np.ascontiguousarray(swapped)))
        assert np.array_equal(many, before)
        assert not np.array_equal(bgr.logits(many), rgb.logits(many))

    def test_has_half_as_many_images_at_a_time_from_then_on_where_memory_does_not_suffice(self, capfd):
        hungry = Classifier(hungry_model(WEIGHTS, ["N", 3, HEIGHT, WIDTH]), description())
        plain = Classifier(flat_times_matrix(WEIGHTS, ["N", 3, HEIGHT, WIDTH]), description())
        many = tensors(4)
        assert np.array_equal(hungry.logits(many[:2]), plain.logits(many[:2]))
        assert (hungry.fitting, capfd.readouterr().out) == (None, "")
        assert np.array_equal(hungry.outputs(many, 4), plain.logits(many))
        assert hungry.fitting == 2
        assert "The model has 2 images at a time from now on" in capfd.readouterr().out
        assert np.array_equal(hungry.outputs(many, 4), plain.logits(many))
        assert capfd.readouterr().out == ""

    def test_says_what_to_do_where_memory_does_not_suffice_for_one_image(self):
        hungry = Classifier(hungry_model(WEIGHTS, ["N", 3, HEIGHT, WIDTH], alone=4), description())
        with pytest.raises(
            NoRoomForModel, match=r"with 1 at a time but ONNX Runtime says: .+ Take instances with more"
        ):
            hungry.logits(tensors(4))
        assert hungry.fitting == 1

    @pytest.mark.parametrize(
        "said",
        [
            "CUDA failure 2: out of memory ; GPU=0",
            "CUBLAS failure 3: CUBLAS_STATUS_ALLOC_FAILED",
            "Available memory of 1 is smaller than requested bytes of 2",
        ],
    )
    def test_takes_what_a_gpu_says_for_want_of_memory(self, said):
        classifier = Classifier(flat_times_matrix(WEIGHTS, ["N", 3, HEIGHT, WIDTH]), description())
        session = classifier.session

        class Full:
            def run(self, names, given):
                if len(given["images"]) > 1:
                    raise RuntimeError(f"[ONNXRuntimeError] : 1 : FAIL : {said}")
                return session.run(names, given)

        classifier.session = Full()
        assert classifier.logits(tensors(5)).shape == (5, CLASSES)
        assert classifier.fitting == 1

    def test_takes_bytes_where_the_model_does(self):
        recipe = {"type": "uint8", "layout": "nhwc"}
        model = flat_times_matrix(WEIGHTS, ["N", HEIGHT, WIDTH, 3], kind=UINT8)
        classifier = Classifier(model, description(recipe=recipe))
        room = classifier.empty(2)
        assert (room.shape, room.dtype) == ((2, HEIGHT, WIDTH, 3), np.uint8)
        room[...] = np.arange(room.size).reshape(room.shape) % 256
        assert np.allclose(classifier.logits(room), room.reshape(2, -1).astype(np.float32) @ WEIGHTS, rtol=1e-3)

    def test_knows_the_size_by_the_part_that_is_cut_out(self):
        cut = {"resize": {"shorter": 9}, "crop": {"width": WIDTH, "height": HEIGHT}}
        assert Description(description(recipe=cut)).shape == (3, HEIGHT, WIDTH)

    def test_refuses_a_model_that_is_none(self):
        with pytest.raises(InputDamaged, match=r"\[INPUT_DAMAGED\] Expected an ONNX model but ONNX Runtime says: "):
            Classifier(b"no model", description())

    @pytest.mark.parametrize("text", [b"no JSON", b"[]", b"{}", description(recipe={"resize": {"shorter": 3}})])
    def test_refuses_what_is_said_of_none(self, text):
        with pytest.raises(InputDamaged, match="Expected what is said of a model but found "):
            Description(text)

    def test_refuses_a_model_that_gives_other_values_than_one_for_each_class(self):
        model = flat_times_matrix(WEIGHTS[:, :6], ["N", 3, HEIGHT, WIDTH], classes="classes")
        message = r"Expected float32 of \[2, 7\] from the model, .* gave float32 of \[2, 6\]"
        with pytest.raises(InputDamaged, match=message):
            Classifier(model, description()).logits(tensors(2))

    def test_refuses_a_model_that_does_not_take_the_tensors(self):
        model = flat_times_matrix(WEIGHTS, ["N", 3, WIDTH, HEIGHT])
        message = r"Expected a model that takes float32 of \[2, 3, 4, 5\] but ONNX Runtime says: .*\. Check the model"
        with pytest.raises(InputDamaged, match=message):
            Classifier(model, description()).logits(tensors(2))

    def test_says_what_to_do_where_there_is_no_onnx_runtime(self, monkeypatch):
        monkeypatch.setitem(sys.modules, "onnxruntime", None)
        message = r"Expected ONNX Runtime 1\.30\.0 .*: pip install onnxruntime==1\.30\.0"
        with pytest.raises(RuntimeMissing, match=message):
            Classifier(flat_times_matrix(WEIGHTS, ["N", 3, HEIGHT, WIDTH]), description())


class TestRow:
    labels = ("a", "b", "c")

    def test_has_the_best_classes_in_one_text_form(self):
        logits = np.array([1, 3, 2], np.float32)
        row = row_of("a.jpg", 500, 375, logits, list(self.labels), False, 2)
        assert json.dumps(row, separators=(",", ":")) == (
            '{"key":"a.jpg","width":500,"height":375,"channels":3,"label":"b","scores":[[1,665241],[2,244728]],'
            f'"logits":"{logits_hash(logits)}"}}'
        )

    def test_is_an_error_where_a_value_is_no_finite_number(self):
        logits = np.array([1, np.nan, 2], np.float32)
        row = row_of("a.jpg", 5, 5, logits, list(self.labels), True, 2)
        assert row == failed_row("a.jpg", "SCORES_NOT_FINITE")
