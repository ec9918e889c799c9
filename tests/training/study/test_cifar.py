"""CIFAR-100 is taken where it lies, fetched where it can be, else one line says where to get it."""

import sys
import types

import pytest
from made_up_cifar import make_cifar

from runtime.errors import SourceError
from training.study.cifar import cifar_in


class Torchvision(types.ModuleType):
    """Stands for torchvision.datasets."""

    def __init__(self, does):
        super().__init__("torchvision.datasets")
        self.asked, self.does = [], does

    def CIFAR100(self, root, download):  # noqa: N802 - its name there
        self.asked.append((root, download))
        self.does()


@pytest.fixture
def torchvision(monkeypatch):
    def playing(does):
        module = Torchvision(does)
        monkeypatch.setitem(sys.modules, "torchvision", types.ModuleType("torchvision"))
        monkeypatch.setitem(sys.modules, "torchvision.datasets", module)
        return module

    return playing


def test_a_folder_that_is_there(tmp_path, torchvision):
    played = torchvision(None)
    folder = make_cifar(tmp_path / "cifar-100-python")
    assert cifar_in(tmp_path) == cifar_in(folder) == folder
    assert played.asked == []


def test_it_is_fetched(tmp_path, torchvision):
    played = torchvision(lambda: make_cifar(tmp_path / "cifar-100-python"))
    assert cifar_in(tmp_path) == tmp_path / "cifar-100-python"
    assert played.asked == [(str(tmp_path), True)]


def test_where_it_cannot_be_had_one_line_says_how(tmp_path, torchvision):
    def fail():
        raise OSError("Name or service not known")

    torchvision(fail)
    with pytest.raises(SourceError, match=r"skipped: no CIFAR-100 at .*cifar-100-python.tar.gz there"):
        cifar_in(tmp_path)
