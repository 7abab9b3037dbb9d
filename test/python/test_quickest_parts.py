"""Tests of how many images a model is given at a time."""

import numpy as np
from fanfleet.classifier import Classifier
from fanfleet.quickest_parts import QuickestParts
from onnx_model import flat_times_matrix
from test_classifier import HEIGHT, WEIGHTS, WIDTH, description, tensors


def tried(batches, alone, together, most=8):
    """Of so many full batches how many images the model had at a time, where each way took these times."""
    parts, given = QuickestParts(most), []
    times = {True: iter(alone), False: iter(together)}
    for _ in range(batches):
        at_once = parts.next(most)
        parts.took(most, at_once, next(times[at_once == 1], 5))
        given.append(at_once)
    return given


def test_tries_both_ways_in_turn_and_stays_with_the_quicker_one():
    assert tried(7, alone=[4, 3], together=[9, 4]) == [8, 1, 8, 1, 1, 1, 1]
    assert tried(7, alone=[4, 3], together=[9, 2]) == [8, 1, 8, 1, 8, 8, 8]


def test_does_not_judge_by_the_first_batch_of_a_session():
    assert tried(5, alone=[3, 3], together=[100, 2])[-1] == 8


def test_learns_nothing_from_a_batch_that_is_not_full():
    parts = QuickestParts(8)
    assert parts.next(3) == 3
    parts.took(3, 3, 0)
    for seconds in (9, 1, 9, 1):
        parts.took(8, parts.next(8), seconds)
    assert (parts.next(3), parts.next(8)) == (1, 1)


def test_has_one_way_for_batches_of_one():
    assert tried(3, alone=[], together=[], most=1) == [1, 1, 1]


def test_a_model_gives_the_same_in_both_ways():
    classifier = Classifier(flat_times_matrix(WEIGHTS, ["N", 3, HEIGHT, WIDTH]), description())
    many = tensors(4)
    shapes = []
    run = classifier._run
    classifier._run = lambda part: shapes.append(len(part)) or run(part)
    given = [classifier.outputs(many, 4) for _ in range(4)]
    assert shapes == [4, 1, 1, 1, 1, 4, 1, 1, 1, 1]
    assert all(np.array_equal(values, given[0]) for values in given)
