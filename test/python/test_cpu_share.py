import pytest
from fanfleet.cpu_share import CpuShare


class Clock:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_a_batch_alone_has_all_of_it_and_nothing_of_before(clock):
    share = CpuShare(clock)
    for _ in range(2):
        clock.at += 5.0
        with share.batch() as spent:
            clock.at += 2.5
            assert spent() == 2.5


def test_batches_beside_each_other_have_equal_shares_that_add_up(clock):
    share = CpuShare(clock)
    with share.batch() as first:
        clock.at += 4.0
        with share.batch() as second:
            clock.at += 6.0
            assert second() == 3.0
        clock.at += 1.0
        assert first() == 4.0 + 3.0 + 1.0


def test_a_batch_that_fails_has_no_share_any_more(clock):
    share = CpuShare(clock)
    with share.batch() as first:
        with pytest.raises(ValueError, match="lost"), share.batch():
            raise ValueError("lost")
        clock.at += 1.0
        assert first() == 1.0
