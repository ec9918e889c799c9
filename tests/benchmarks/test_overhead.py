"""What the overhead benchmark says of a small bundle: names and sums, no times."""

import json

from benchmarks.overhead import main


def test_the_square_stands_beside_the_pictures_own_shape(tiny_folder, tmp_path):
    out = tmp_path / "overhead.json"
    flags = ["--source", "demo://", "--res", "320x180", "--bundle", str(tiny_folder), "--conf", "1"]
    assert main(flags + ["--pictures", "3", "--repeats", "2", "--beside-square", "--json", str(out)]) == 0
    found = json.loads(out.read_text())
    assert (found["input"], found["square"]["input"]) == ("160x96", "160x160")
    assert found["frames"] == found["square"]["frames"] == 3
    assert found["repeats"] == 2
    assert found["crops_per_frame"] == 0
    low, high = found["whole_over_square_range"]
    assert 0 < low <= found["whole_over_square"] <= high
