"""What a history costs, measured for a moment: a row a pair, with and without."""

import re

from benchmarks.history import main, verdict


def test_a_pair_of_runs(capsys):
    assert main(["--pairs", "1", "--frames", "20"]) == 0
    out = capsys.readouterr().out
    tables = out.split("\n\n")
    pairs, handed_over = tables[0].splitlines()[2:], tables[2].splitlines()[2:]
    assert tables[1].count("within") + tables[1].count("BEYOND") == 2
    assert [row.split("|")[1].strip() for row in pairs] == ["1", "median"]
    assert all(float(rate) > 0 for rate in re.findall(r"\d+\.\d\d", pairs[0]))
    assert len(handed_over) == 2
    assert all(float(row.split("|")[4]) > 0 for row in handed_over)


def test_the_verdict_is_plain():
    right, wrong = verdict(30.0, 29.9, 20.0, 20.5), verdict(30.0, 29.7, 20.0, 22.0)
    assert right == "true FPS -0.33 % (within 0.5 %), latency p95 +0.50 ms (within 1 ms)"
    assert wrong == "true FPS -1.00 % (BEYOND 0.5 %), latency p95 +2.00 ms (BEYOND 1 ms)"
