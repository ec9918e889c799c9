"""What is missing for a training is said before its first step."""

import sys
import types

import pytest

from runtime.errors import MissingPackageError, UsageError
from training.bundle import main as make_bundle
from training.requirements import all_of, require


def test_every_missing_package_is_named_with_the_way_to_it_and_its_size():
    with pytest.raises(MissingPackageError) as raised:
        require(["os", "no_such_package", "nor_this_one"], "cpu")
    assert "needs no_such_package, nor_this_one: pip install '.[training]'" in str(raised.value)
    assert "6 GB" in str(raised.value)


def torch_with(is_available, monkeypatch):
    cuda = types.SimpleNamespace(is_available=lambda: is_available)
    monkeypatch.setitem(sys.modules, "torch", types.SimpleNamespace(cuda=cuda, __version__="2.99"))


@pytest.mark.parametrize("device", ["cuda", "cuda:1", "0"])
def test_a_gpu_that_is_not_there_is_said(monkeypatch, device):
    torch_with(False, monkeypatch)
    with pytest.raises(UsageError, match="torch 2.99 finds no GPU here: take --device cpu"):
        require([], device)
    torch_with(True, monkeypatch)
    require([], device)


def test_groups_are_joined_without_repeats():
    assert all_of(("torch", "ultralytics"), ("torch", "timm")) == ["torch", "ultralytics", "timm"]


def test_the_one_command_asks_before_it_makes_anything(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("training.bundle.STAGE1", ("no_such_package",))
    assert make_bundle([str(tmp_path), "--out", str(tmp_path / "new")]) == 1
    assert "needs no_such_package" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
