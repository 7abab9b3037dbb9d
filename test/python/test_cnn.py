"""Tests of the workload cnn that need no graphs: the order of images, and what shards add up to."""

import base64
import json

import numpy as np
import pytest
from fanfleet.workloads.cnn import CnnReducer, drawn_order


def values_text(*values):
    return base64.b64encode(np.array(values, "<f4").tobytes()).decode()


def state_of(*values, **changes):
    state = {"side": 8, "classes": 10, "found": None, "values": values_text(*values)}
    return json.dumps({**state, **changes}, separators=(",", ":")).encode()


def shard_of(images, *values, steps=1, loss=0, train=(0, 0), test=(0, 0)):
    learnt = values_text(*values) if values else None
    shard = {"images": images, "steps": steps, "loss": loss, "train": train, "test": test, "values": learnt}
    return json.dumps(shard).encode()


def test_each_image_is_taken_once_before_one_is_taken_again():
    order = drawn_order(7, 20, seed=3, round_number=2)
    assert [sorted(order[:7]), sorted(order[7:14])] == [list(range(7))] * 2
    assert order[:7].tolist() != order[7:14].tolist()
    assert order.tolist() == drawn_order(7, 20, seed=3, round_number=2).tolist()
    assert order.tolist() != drawn_order(7, 20, seed=3, round_number=1).tolist()


def test_values_are_the_mean_of_shards_by_their_images():
    reducer = CnnReducer(2, 0, state_of(9, 9))
    reducer.add(shard_of(3, 1, -2, steps=2, loss=5, train=(1, 3), test=(2, 2)))
    reducer.add(shard_of(0, steps=0, test=(1, 4)))
    reducer.add(shard_of(1, 5, 2, steps=2, loss=5, train=(1, 1), test=(0, 1)))
    outcome, is_last = reducer.finish()
    # A loss of 10 / 4 millionths is rounded up.
    assert json.loads(outcome) == {
        "side": 8,
        "classes": 10,
        "found": {"loss": 3, "train": [2, 4], "test": [3, 7]},
        "values": values_text(2, -1),
    }
    assert not is_last


def test_they_stay_where_nothing_was_learnt():
    reducer = CnnReducer(2, 2, state_of(9, 8))
    reducer.add(shard_of(0, steps=0))
    outcome, is_last = reducer.finish()
    assert json.loads(outcome)["values"] == values_text(9, 8)
    assert json.loads(outcome)["found"]["loss"] is None
    assert is_last


@pytest.mark.parametrize(
    "file",
    [b"{", b"{}", shard_of(3, 1), shard_of(0, 1, 2), shard_of(3, 1, 2, train=(2, 1)), shard_of(3, 1, 2, loss=-1)],
)
def test_what_no_worker_writes_is_refused(file):
    with pytest.raises(ValueError, match="Expected"):
        CnnReducer(2, 0, state_of(9, 9)).add(file)


@pytest.mark.parametrize("state", [b"[]", state_of(), state_of(1, classes=1), state_of(1, values="!")])
def test_so_is_a_state_that_is_none(state):
    with pytest.raises(ValueError, match="Expected"):
        CnnReducer(2, 0, state)
