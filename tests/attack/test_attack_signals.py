"""Signals at random moments: each of TERM, INT, HUP, QUIT, once or five times, ends the program in order."""

import os

import pytest
from attack.signals import attack

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(150),
    pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals"),
]


def test_random_moments(tiny_folder):
    found = attack(10, seed=3, arguments=["--sink", "none", "--bundle", str(tiny_folder)])
    assert set(found["verdicts"]) <= {"clean", "slow", "while starting", "before our first line"}, found["examples"]
    assert found["verdicts"]["clean"] > 5
