"""Each variant is a command that the classifier's training takes."""

import pytest

from training.stage2 import flags
from training.study.definitions import STUDIES

VARIANTS = [(name, variant) for name, study in STUDIES.items() for variant in study.variants]


@pytest.mark.parametrize("name, variant", VARIANTS, ids=[f"{name}: {variant.name}" for name, variant in VARIANTS])
def test_its_flags_are_those_of_a_training(name, variant):
    usual = vars(flags.parser().parse_args(["--data", "-", "--out", "-"]))
    assert set(variant.flags) <= set(usual)


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_no_two_variants_share_a_name_or_settings(study):
    assert len({variant.name for variant in study.variants}) == len(study.variants)
    assert len({repr(sorted(variant.flags.items())) for variant in study.variants}) == len(study.variants)
