"""What a history costs, measured for a moment: a row a pair, with and without."""

import re

from benchmarks.history import main


def test_a_pair_of_runs(capsys):
    assert main(["--pairs", "1", "--frames", "20"]) == 0
    out = capsys.readouterr().out
    pairs, handed_over = [table.splitlines()[2:] for table in out.split("\n\n")]
    assert [row.split("|")[1].strip() for row in pairs] == ["1", "median"]
    assert all(float(rate) > 0 for rate in re.findall(r"\d+\.\d\d", pairs[0]))
    assert len(handed_over) == 2
    assert all(float(row.split("|")[4]) > 0 for row in handed_over)
