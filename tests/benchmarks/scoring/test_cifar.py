"""CIFAR-100's files: read as they are, refused where they are others, never run."""

import os
import pickle

import numpy as np
import pytest
from made_up_cifar import COLOURS, make_cifar, write_pickle

from benchmarks.scoring.cifar import TEST, TRAIN, cifar_at, read_cifar
from runtime.errors import SourceError


@pytest.fixture
def folder(tmp_path):
    return make_cifar(tmp_path / "cifar-100-python")


def test_it_is_found_where_it_was_unpacked(folder, tmp_path):
    assert cifar_at(str(tmp_path)) == cifar_at(str(folder)) == str(folder)
    (folder / "meta").unlink()
    assert cifar_at(str(tmp_path)) is None


@pytest.mark.parametrize("part, count", [(TRAIN, 12), (TEST, 6)])
def test_pictures_are_bgr_with_their_names(folder, part, count):
    found = read_cifar(str(folder), part)
    assert (found.images.shape, found.images.dtype) == ((count, 32, 32, 3), np.uint8)
    assert found.names == list(COLOURS)
    for image, number in zip(found.images, found.numbers):
        assert image.mean(axis=(0, 1)).argmax() == np.argmax(COLOURS[found.names[number]])


@pytest.mark.parametrize(
    "change, says",
    [
        ({"data": np.zeros((6, 100), np.uint8)}, "expected uint8 (n, 3072)"),
        ({"fine_labels": [0]}, "expected a number each"),
        ({"fine_labels": [0, 1, 2, 3, 0, 0]}, "labels up to 3, but 3 names"),
        ({"fine_labels": [0, 1, 2, -1, 0, 0]}, "but 3 names"),
    ],
)
def test_what_does_not_fit_is_one_line(folder, change, says):
    usual = {"data": np.zeros((6, 3072), np.uint8), "fine_labels": [0] * 6}
    write_pickle(folder / "test", dict(usual, **change))
    with pytest.raises(SourceError) as error:
        read_cifar(str(folder), TEST)
    assert says in str(error.value)


class _Runs:
    def __reduce__(self):
        return os.system, ("touch was-run",)


@pytest.mark.parametrize("content", [pickle.dumps(_Runs()), pickle.dumps([1]), b"no pickle", b""])
def test_a_stranger_s_pickle_is_refused_and_not_run(folder, content, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (folder / "test").write_bytes(content)
    with pytest.raises(SourceError, match="unpack it again"):
        read_cifar(str(folder), TEST)
    assert not (tmp_path / "was-run").exists()
