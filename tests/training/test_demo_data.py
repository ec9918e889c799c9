"""The data sets that the renderer writes: the same again, whole, and gone on with after an interruption."""

import errno

import cv2
import numpy as np
import pytest

from runtime.scene.products import OUTSIDERS, PRODUCTS
from runtime.scene.settings import SceneSettings
from training import demo_data
from training.composing.strangers import ALL_PRODUCTS, STRANGERS, SceneWithStrangers
from training.composing.textures import texture
from training.data.dataset import open_data_set
from training.demo_data import Request, main, write_data_set


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(demo_data, "SIZE", (160, 120))
    monkeypatch.setattr(demo_data, "FRAMES_PER_SCENE", 2)


def request(folder, **changes):
    return Request(folder, 3, 5, "train", False, None)._replace(**changes)


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_the_same_request_gives_the_same_bytes(tmp_path):
    assert write_data_set(request(tmp_path / "a"), quiet=True) == 3
    write_data_set(request(tmp_path / "b"), quiet=True)
    assert files(tmp_path / "a") == files(tmp_path / "b")
    assert len(list((tmp_path / "a" / "images" / "train").iterdir())) == 3


def test_another_seed_or_split_gives_other_scenes(tmp_path):
    for name, changes in (("a", {}), ("b", {"seed": 6}), ("c", {"split": "heldout"}), ("d", {"hard": True})):
        write_data_set(request(tmp_path / name, frames=1, **changes), quiet=True)
    pictures = [next((tmp_path / name / "images").rglob("*.jpg")).read_bytes() for name in "abcd"]
    assert len(set(pictures)) == 4


def test_what_is_read_back_is_what_was_drawn(tmp_path):
    write_data_set(request(tmp_path, unknown="outsiders"), quiet=True)
    data = open_data_set(tmp_path, ["train-unknown"])
    assert data.names[: len(PRODUCTS)] == [product.name for product in PRODUCTS]
    assert data.shapes["lip brush"] == "brush"
    for picture in data.pictures:
        image = cv2.imread(str(picture.path))
        assert image.shape == (120, 160, 3)
        boxes = picture.boxes_px(160, 120)
        assert (boxes[:, 2:] > boxes[:, :2]).all()
        assert (boxes >= 0).all()
        assert (boxes <= [160, 120, 160, 120]).all()


def test_groups_are_named_after_what_was_asked_for(tmp_path):
    assert request(tmp_path).group == "train"
    assert request(tmp_path, split="heldout", hard=True, unknown="outsiders").group == "heldout-hard-unknown"
    assert request(tmp_path, unknown="made-up").group == "train-made-up"


def test_an_interrupted_writing_goes_on(tmp_path, monkeypatch):
    write_data_set(request(tmp_path / "whole"), quiet=True)
    write = demo_data.write_atomically
    left = [3]

    def full(path, content):
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(path, content)

    monkeypatch.setattr(demo_data, "write_atomically", full)
    with pytest.raises(OSError):
        write_data_set(request(tmp_path / "cut"), quiet=True)
    monkeypatch.setattr(demo_data, "write_atomically", write)
    write_data_set(request(tmp_path / "cut"), quiet=True)
    assert files(tmp_path / "cut") == files(tmp_path / "whole")


def test_a_full_disk_is_one_plain_line(tmp_path, monkeypatch, capsys):
    def full(path, content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(demo_data, "write_atomically", full)
    assert main(["--out", str(tmp_path), "--frames", "1"]) == 1
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith("shelfsight: cannot write to")
    assert "No space left" in last


@pytest.mark.parametrize(
    "flags", [["--frames", "0"], ["--frames", "1", "--seed", "-1"], ["--frames", "1", "--workers", "0"]]
)
def test_impossible_numbers_are_refused(tmp_path, capsys, flags):
    assert main(["--out", str(tmp_path)] + flags) == 2
    assert "at least" in capsys.readouterr().err


def test_strangers_are_no_product_and_calibration_knows_none_of_the_tests():
    names = [product.name for product in ALL_PRODUCTS]
    assert len(set(names)) == len(names)
    looks = [product._replace(name="") for product in ALL_PRODUCTS]
    assert len(set(looks)) == len(looks)
    assert not set(STRANGERS["made-up"]) & set(OUTSIDERS)


@pytest.mark.parametrize("kind", sorted(STRANGERS))
def test_the_truth_tells_which_stranger_it_is(kind):
    scene = SceneWithStrangers(SceneSettings(8, 3, unknown=0.6), (160, 120), kind)
    numbers = np.concatenate([scene.render(time_s).truth.products for time_s in (1.0, 20.0, 40.0)])
    shown = {ALL_PRODUCTS[number] for number in numbers}
    assert shown & set(STRANGERS[kind])
    assert shown <= set(PRODUCTS) | set(STRANGERS[kind])


def test_textures_take_the_place_of_the_wall_and_leave_the_truth(tmp_path):
    scene, plain = (SceneWithStrangers(SceneSettings(4, 3), (160, 120)) for _ in range(2))
    scene.hang(np.random.RandomState(1))
    hung, same = scene.render(2.0), plain.render(2.0)
    np.testing.assert_array_equal(hung.truth.boxes_px, same.truth.boxes_px)
    assert np.abs(hung.image.astype(int) - same.image).mean() > 5
    write_data_set(request(tmp_path, frames=1, textures=True), quiet=True)
    assert (tmp_path / "images/train-textures").is_dir()


@pytest.mark.parametrize("seed", range(12))
def test_a_texture_is_a_picture_of_any_size_and_the_same_again(seed):
    pictures = [texture(np.random.RandomState(seed), 90, 50) for _ in range(2)]
    assert pictures[0].shape == (50, 90, 3)
    assert pictures[0].dtype == np.uint8
    np.testing.assert_array_equal(*pictures)
