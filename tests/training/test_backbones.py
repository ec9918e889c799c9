"""What other networks would cost: counted right, timed in turns, refused in a line."""

import pytest

torch = pytest.importorskip("torch", reason="needs torch, a training extra")
pytest.importorskip("timm", reason="needs timm, a training extra")
pytest.importorskip("onnx", reason="needs onnx")

from training.backbones import candidate, main  # noqa: E402
from training.study.latency import costs_of  # noqa: E402

pytestmark = pytest.mark.filterwarnings("default")  # of torch's exporter and timm, not ours


def test_multiplications_and_parameters(tmp_path):
    small, large = (candidate(f"test_efficientnet:{side}", tmp_path) for side in (32, 64))
    assert small.parameters == large.parameters > 100_000
    assert 3.5 < large.multiplications / small.multiplications < 4.0
    assert small.taken_at


def test_what_cannot_be_had_is_left_out_of_a_study(tmp_path, capsys):
    costs = costs_of(["no_such_net:32", "test_efficientnet:32"], tmp_path / "networks", "cpu")
    assert list(costs) == ["test_efficientnet:32"]
    assert costs["test_efficientnet:32"].ms["onnxruntime (processor time)"] > 0
    assert "no_such_net:32 is not timed" in capsys.readouterr().out
    assert (tmp_path / "networks" / "test_efficientnet-32.onnx").exists()


def test_a_table(capsys):
    assert main(["test_efficientnet:32", "mobileone_s0:32", "--rounds", "2"]) == 0
    rows = capsys.readouterr().out.splitlines()[-2:]
    assert {row.split("|")[1].strip() for row in rows} == {"test_efficientnet", "mobileone_s0"}
    assert all(float(row.split("|")[3]) > 0 for row in rows)


@pytest.mark.parametrize("text, says", [("mobileone_s0", "side of a crop"), ("no_such:64", "no_such")])
def test_what_is_none_is_one_line(capsys, text, says):
    assert main([text]) != 0
    assert says in capsys.readouterr().err.splitlines()[-1]
