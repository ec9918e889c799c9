"""The short form of tests/attack/fuzz.py: 2,000 mutated inputs, with the same seed each time."""

import sys

import pytest

sys.path.insert(0, __file__.rsplit("/", 1)[0])

import fuzz

CASES = 2000


@pytest.mark.slow
@pytest.mark.timeout(200)
@pytest.mark.parametrize("name", sorted(fuzz.TARGETS))
def test_mutated_input_gives_a_result_or_one_line(name):
    outcomes = fuzz.fuzz(name, CASES // len(fuzz.TARGETS), seed=20)
    assert fuzz.wrong(outcomes) == {}
    assert sum(outcomes.values()) == CASES // len(fuzz.TARGETS)


class Crashing(fuzz.Target):
    def case(self, chance):
        kind = chance.randrange(4)
        if kind == 0:
            raise RecursionError("too deep")
        if kind == 1:
            import os

            os.kill(os.getpid(), 9)
        if kind == 2:
            import time

            time.sleep(60)


def test_what_is_wrong_is_found(monkeypatch):
    monkeypatch.setitem(fuzz.TARGETS, "crashing", Crashing)
    monkeypatch.setattr(fuzz, "HANG_S", 0.5)
    found = " ".join(fuzz.wrong(fuzz.fuzz("crashing", 24, seed=1)))
    assert "unexpected RecursionError" in found
    assert "killed, status -9" in found
    assert "hung for 0.5 s" in found
