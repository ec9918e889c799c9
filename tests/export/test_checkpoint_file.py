"""Other people's weights: what is no part of a network is not opened."""

import os

import pytest

torch = pytest.importorskip("torch", reason="needs torch, a training extra")
pytest.importorskip("ultralytics", reason="needs ultralytics, a training extra")

from export.from_torch.checkpoint_file import load_checkpoint  # noqa: E402
from export.onnx import main as export_main  # noqa: E402
from runtime.errors import ModelError  # noqa: E402
from training.detector import main as train_main  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")  # of Ultralytics and torch, not ours


class Hostile:
    """Runs a program when it is opened."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, ("touch {}".format(self.path),)


@pytest.fixture
def hostile(tmp_path):
    """(weights, the file that appears where something in them was run)."""
    trace = tmp_path / "trace"
    torch.save({"model": Hostile(str(trace)), "epoch": 3}, tmp_path / "hostile.pt")
    return tmp_path / "hostile.pt", trace


def test_a_network_is_opened_and_nothing_else(tmp_path, hostile):
    network = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 1), torch.nn.SiLU())
    torch.save({"model": network, "epoch": 3}, tmp_path / "network.pt")
    assert load_checkpoint(str(tmp_path / "network.pt"))["epoch"] == 3
    weights, trace = hostile
    with pytest.raises(ModelError, match="posix.system.*--trust"):
        load_checkpoint(str(weights))
    assert not trace.exists()


def test_with_trust_it_is_opened(hostile):
    weights, trace = hostile
    load_checkpoint(str(weights), trust=True)
    assert trace.exists()


def test_the_commands_do_not_run_what_is_in_weights(tmp_path, hostile, capsys):
    weights, trace = hostile
    out = tmp_path / "out"
    assert export_main(["detector", str(weights), "--out", str(tmp_path / "a.onnx")]) == 1
    (tmp_path / "set/images/train").mkdir(parents=True)
    (tmp_path / "set/labels/train").mkdir(parents=True)
    assert train_main(["--data", str(tmp_path / "set"), "--out", str(out), "--model", str(weights)]) == 1
    assert not trace.exists()
    assert "--trust" in capsys.readouterr().err


def test_what_is_no_checkpoint(tmp_path):
    (tmp_path / "a.pt").write_bytes(b"no zip at all")
    with pytest.raises(ModelError, match="cannot read"):
        load_checkpoint(str(tmp_path / "a.pt"))
