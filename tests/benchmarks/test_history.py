"""What a history costs, measured for a moment: a row a pair, with and without."""

import re

from benchmarks.history import main


def test_a_pair_of_runs(capsys):
    assert main(["--pairs", "1", "--frames", "20"]) == 0
    rows = capsys.readouterr().out.splitlines()[2:]
    assert [row.split("|")[1].strip() for row in rows] == ["1", "median"]
    assert all(float(rate) > 0 for rate in re.findall(r"\d+\.\d\d", rows[0]))
