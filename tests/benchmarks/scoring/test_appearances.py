"""Appearances found and true, matched."""

from benchmarks.scoring.appearances import Stretch, score_appearances

TEA = Stretch("a", "tea", 10.0, 20.0)


def score(found, truth=(TEA,)):
    return score_appearances(truth, [Stretch("a", *one) for one in found])


def test_found_with_its_errors():
    told = score([("tea", 10.5, 19.0)])
    assert (told.recall, told.precision) == (1.0, 1.0)
    assert (told.start_errors_s, told.end_errors_s) == ((0.5,), (1.0,))


def test_two_halves_are_as_good_as_a_whole():
    told = score([("tea", 10.0, 12.0), ("tea", 15.0, 20.5)])
    assert (told.recalled, told.correct) == (1, 2)
    assert (told.start_errors_s, told.end_errors_s) == ((0.0,), (0.5,))


def test_another_product_another_time_and_another_video_are_wrong():
    told = score_appearances([TEA], [TEA._replace(product="oil"), TEA._replace(video="b"), Stretch("a", "tea", 21, 22)])
    assert (told.recall, told.precision) == (0.0, 0.0)


def test_what_is_short_need_not_be_found_and_is_not_wrong():
    short = TEA._replace(first_s=1.0, last_s=1.5)
    told = score([("tea", 1.0, 1.5)], (TEA, short))
    assert (told.true, told.recalled, told.correct) == (1, 0, 1)
    assert score([], (short,)).recall == 1.0
