"""What zones, lines and a shelf cost: the verdict says whether it is too much."""

from benchmarks.zones import verdict


def test_the_verdict_names_the_cost_and_the_limit():
    assert verdict([0.99, 0.995, 1.01]) == (
        "costs 0.50 % of the true FPS (median of 3 pairs, -1.00 to 1.00): less than 1 %"
    )
    assert verdict([0.97, 0.98]).endswith("NOT less than 1 %")
