"""Log lines: one each, with a level, as systemd's journal reads them where it listens."""

import logging
import os

from runtime.command_line.log_format import ForJournal, OneLine, formatter_for, goes_to_journal


def record(text, level=logging.WARNING):
    return logging.LogRecord("x", level, "x.py", 1, text, (), None)


def test_several_lines_become_one():
    assert OneLine("%(levelname)s %(message)s").format(record("one\n\n  two\n")) == "WARNING one | two"


def test_the_journal_gets_a_priority():
    journal = ForJournal("%(levelname)s %(message)s")
    found = [journal.format(record("x", level)) for level in (10, 20, 30, 40, 50)]
    assert found == ["<7>DEBUG x", "<6>INFO x", "<4>WARNING x", "<3>ERROR x", "<3>CRITICAL x"]


def test_the_journal_is_known_by_its_stream(monkeypatch, tmp_path):
    with open(str(tmp_path / "journal"), "w") as stream, open(str(tmp_path / "other"), "w") as other:
        found = os.fstat(stream.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", "{}:{}".format(found.st_dev, found.st_ino))
        assert goes_to_journal(stream)
        assert not goes_to_journal(other)
        assert isinstance(formatter_for(stream, False), ForJournal)
        assert isinstance(formatter_for(other, False), OneLine)
        assert not isinstance(formatter_for(other, True), OneLine)
