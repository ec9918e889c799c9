"""--check-config: what is wrong, each in a line, and nothing started."""

import pytest

from runtime.camera import main


def checked(capsys, *flags):
    status = main(["--check-config", "--source", "demo://"] + list(flags))
    out = capsys.readouterr()
    return status, out.out, out.err.splitlines()


def test_flags_that_are_right(capsys, tmp_path, tiny_folder):
    pytest.importorskip("paho.mqtt.client", reason="paho-mqtt is not installed")
    flags = ["--bundle", str(tiny_folder), "--sink", str(tmp_path / "h.sqlite"), "--mqtt", "mqtt://localhost"]
    flags += ["--keep-history", "30d,2GB", "--on", "gone=http://h/", "--source", "away=rtsp://10.255.255.1/away"]
    assert checked(capsys, *flags) == (0, "these flags are right\n", [])
    assert list(tmp_path.iterdir()) == []


def test_all_that_is_wrong_is_said_at_once(capsys, tmp_path):
    flags = ["--bundle", str(tmp_path), "--sink", str(tmp_path / "no" / "h.sqlite"), "--sink", "web"]
    flags += ["--listen", "0.0.0.0", "--on", "gone=x", "--mqtt", "http://h", "--report", str(tmp_path)]
    status, out, lines = checked(capsys, *flags)
    assert (status, out) == (2, "")
    for words in ("bundle.json", "no such folder", "needs a token", "--on gone", "expected mqtt://", "--report"):
        assert [line for line in lines if words in line], words
    assert all(line.startswith("shelfsight: ") for line in lines)


@pytest.mark.parametrize("value", ["30", "d", "2GB,3GB", "30d,1h", "-1d", "30d;2GB", "0d", ""])
def test_what_is_no_bound_of_a_history(capsys, value):
    assert checked(capsys, "--sink", "h.sqlite", "--keep-history=" + value)[0] == 2


def test_a_bound_needs_a_history(capsys):
    status, _, lines = checked(capsys, "--keep-history", "1d")
    assert status == 2
    assert "--sink shelf.sqlite" in lines[0]
