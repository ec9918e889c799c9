"""Rows survive a power cut, and nothing else is lost with the line that was cut."""

from training.study.rows import Row, add_row, read_rows

ROW = Row("init", "xavier", 0, {"batch": 8}, 10, 1.5, 3.0, regions=(8, 2), top1=0.5)


def test_what_is_added_is_read(tmp_path):
    path = tmp_path / "rows.jsonl"
    assert read_rows(path) == []
    add_row(path, ROW)
    add_row(path, ROW._replace(seed=1, error="out of memory"))
    assert [row.key for row in read_rows(path)] == [("init", "xavier", 0), ("init", "xavier", 1)]
    assert read_rows(path)[0].regions == (8, 2)


def test_a_line_cut_short_is_no_row_and_spoils_none(tmp_path):
    path = tmp_path / "rows.jsonl"
    add_row(path, ROW)
    path.write_bytes(path.read_bytes()[:-9])
    assert read_rows(path) == []
    add_row(path, ROW._replace(seed=1))
    assert [row.seed for row in read_rows(path)] == [1]
