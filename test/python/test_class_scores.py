"""Tests of scores in millionths: Decimal says what a softmax is."""

import hashlib
import struct
from decimal import Decimal, localcontext

import numpy as np
import pytest
from fanfleet.class_scores import MOST_VALUES, SORTED_WHOLE, best_scores, logits_hash


def scores_of(values, top=5, is_softmax=False):
    [scores] = best_scores(np.array([values], np.float32), top, is_softmax=is_softmax)
    return scores


def decimal_millionths(values):
    """Of each of them, before rounding."""
    with localcontext() as context:
        context.prec = 40
        largest = max(values)
        exponentials = [(Decimal(float(each)) - Decimal(float(largest))).exp() for each in values]
        return [each / sum(exponentials) * 1_000_000 for each in exponentials]


@pytest.mark.parametrize("spread", [0.001, 0.3, 2, 10, 40, 1e4, 1e38])
@pytest.mark.parametrize("classes", [1, 2, 3, 10, SORTED_WHOLE, SORTED_WHOLE + 1, 1000])
def test_are_those_of_a_softmax_by_decimal_numbers(spread, classes):
    values = (np.random.default_rng(classes).standard_normal((3, classes)).clip(-3, 3) * spread).astype(np.float32)
    for row, scores in zip(values, best_scores(values, 5, is_softmax=False), strict=True):
        assert len(scores) == min(5, classes)
        wanted = decimal_millionths(row)
        # Doubles are good for 10^-13 of them, so that only what lies so near to a half may be rounded otherwise.
        assert all(abs(score - wanted[index]) <= Decimal("0.5000001") for index, score in scores)
        by_value = sorted(range(classes), key=lambda index: (-row[index], index))
        assert [index for index, _ in scores] == by_value[:5]


def test_order_equal_values_by_their_index_also_where_one_is_minus_zero():
    assert scores_of([-0.0, 1, 0.0, 1, -0.0], 4) == [[1, 322202], [3, 322202], [0, 118532], [2, 118532]]
    equal = [0.0, -0.0] * SORTED_WHOLE
    assert [index for index, _ in scores_of(equal, 20)] == list(range(20))
    assert [index for index, _ in scores_of([*equal, 3, *equal, 3], 3)] == [2 * SORTED_WHOLE, 4 * SORTED_WHOLE + 1, 0]


def test_order_by_value_where_millionths_are_equal():
    assert scores_of([0, -40, -39, -50, -38.5], 5) == [[0, 1_000_000], [4, 0], [2, 0], [1, 0], [3, 0]]


def test_are_probabilities_as_they_are_where_the_model_gives_these():
    assert scores_of([0.25, 0.7500005, 0], 2, is_softmax=True) == [[1, 750_000], [0, 250_000]]
    assert scores_of([1.0000001], 2, is_softmax=True) == [[0, 1_000_000]]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("is_softmax", [False, True])
def test_there_are_none_of_what_is_no_finite_number(value, is_softmax):
    values = np.zeros((3, 4), np.float32)
    values[1, 2] = value
    equal = [[index, 0 if is_softmax else 250_000] for index in range(2)]
    assert best_scores(values, 2, is_softmax=is_softmax) == [equal, None, equal]


def test_do_not_depend_on_the_other_images():
    values = (np.random.default_rng(2).standard_normal((5, MOST_VALUES // 2)) * 3).astype(np.float32)
    together = best_scores(values, 20, is_softmax=False)
    assert together == [best_scores(row[np.newaxis], 20, is_softmax=False)[0] for row in values]


def test_a_hash_is_that_of_the_little_endian_values():
    values = [0.5, -0.0, 3e38]
    expected = hashlib.sha256(struct.pack("<3f", *values)).hexdigest()[:16]
    assert logits_hash(np.array(values, ">f4")) == logits_hash(np.array(values, np.float32)) == expected
