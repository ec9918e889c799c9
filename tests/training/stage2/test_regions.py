"""What stage 2 is trained on: boxes of a YOLO set, or pictures of folders; images/val is kept for the curves."""

import cv2
import numpy as np
import pytest
from made_up_cifar import COLOURS, make_cifar

from runtime.errors import SourceError, UsageError
from training.data.dataset import hold_out, open_data_set
from training.stage2.crops import Region
from training.stage2.regions import MAX_PHOTO_PX, Regions, check_held_out, collect_regions

ASKED = {"groups": None, "also": [], "leave_out": [], "limit": 1000}


def collect(folder, **asked):
    return collect_regions(dict(ASKED, data=folder, **asked))


def picture(path, width=40, height=30, value=100):
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.full((height, width, 3), value, np.uint8))


@pytest.fixture
def folders(tmp_path):
    for split, count in (("train", 4), ("val", 2)):
        for name in ("tea", "milk"):
            for number in range(count):
                picture(tmp_path / "set" / split / name / "{}.png".format(number))
    return tmp_path / "set"


@pytest.fixture
def labelled(tmp_path):
    folder = tmp_path / "yolo"
    for split in ("train", "val"):
        for number in range(4):
            picture(folder / "images" / split / "{}.png".format(number))
            label = folder / "labels" / split / "{}.txt".format(number)
            label.parent.mkdir(parents=True, exist_ok=True)
            label.write_text("0 0.25 0.5 0.5 1\n1 0.75 0.5 0.5 1\n")
    (folder / "classes.txt").write_text("tea\nmilk\n")
    return folder


def test_folders_are_products_and_pictures_are_whole(folders):
    regions = collect(folders)
    assert (regions.products, regions.others) == (["milk", "tea"], [])
    assert (len(regions.train), len(regions.val)) == (8, 4)
    np.testing.assert_array_equal(regions.train[0].box_px, [0, 0, 40, 30])


def test_large_photos_are_shrunk(folders):
    picture(folders / "train/tea/large.png", 2000, 1000)
    shapes = {region.image.shape[:2] for region in collect(folders).train}
    assert (MAX_PHOTO_PX // 2, MAX_PHOTO_PX) in shapes


def test_photos_of_strangers_train_beside_boxes(labelled, folders):
    found = collect(labelled, also_photos=folders / "val")
    assert (found.products, found.others) == (["tea", "milk"], ["milk", "tea"])
    assert [region.product for region in found.train[-4:]] == [2, 2, 3, 3]
    assert len(found.pictures) == len(found.train) == 12


def test_strangers_with_boxes_are_one_line(labelled):
    with pytest.raises(SourceError, match="has boxes: expected plain photos"):
        collect(labelled, also_photos=labelled)


def test_folders_without_splits_hold_some_back(tmp_path):
    for name in ("tea", "milk"):
        for number in range(30):
            picture(tmp_path / "set" / name / "{}.png".format(number))
    regions = collect(tmp_path / "set")
    assert (len(regions.train), len(regions.val)) == (58, 2)


def test_images_val_is_not_trained_on_unless_asked_for(labelled):
    assert [len(part) for part in collect(labelled)[:2]] == [8, 8]
    both = collect(labelled, groups=["train", "val"])
    assert [len(part) for part in both[:2]] == [12, 4]
    assert len(both.pictures) == 12


def test_loose_pictures_beside_images_val_are_trained_on_and_val_is_not(labelled):
    for number in range(4):
        for kind, end in (("images", "png"), ("labels", "txt")):
            path = labelled / kind / "train" / "{}.{}".format(number, end)
            path.rename(labelled / kind / path.name)
    assert [len(part) for part in collect(labelled)[:2]] == [8, 8]


def test_a_product_with_a_single_picture_is_told(folders, capsys):
    for number in (1, 2, 3):
        (folders / "train/tea" / "{}.png".format(number)).unlink()
    collect(folders)
    assert "a single picture of tea" in capsys.readouterr().out


def test_what_cannot_be_trained_on_is_one_plain_line(folders, labelled):
    with pytest.raises(UsageError, match="no such names"):
        collect(folders, leave_out=["beer"])
    with pytest.raises(SourceError, match="at least 2"):
        collect(folders, leave_out=["tea"])
    with pytest.raises(SourceError, match="no split test"):
        collect(folders, groups=["test"])
    (folders / "train/tea/1.png").write_bytes(b"no picture")
    with pytest.raises(SourceError, match="1.png is no picture"):
        collect(folders)
    for label in (labelled / "labels/train").iterdir():
        label.write_text("0 0.25 0.5 0.5 1\n1 0.5 0.5 0.01 0.01\n")
    with pytest.raises(SourceError, match="nothing to train on of milk"):
        collect(labelled)


def test_cifar_s_own_halves(tmp_path):
    folder = make_cifar(tmp_path / "cifar-100-python", train=4, test=2)
    for given in (tmp_path, folder):
        regions = collect(given)
        assert (regions.products, len(regions.train), len(regions.val)) == (list(COLOURS), 12, 6)
        assert regions.val[0].image.shape == (32, 32, 3)
        np.testing.assert_array_equal(regions.val[0].box_px, [0, 0, 32, 32])
    fewer = collect(folder, limit=6)
    assert (len(fewer.train), len(fewer.val)) == (6, 6)


def test_the_last_pictures_of_each_folder_are_held_out(labelled):
    kept, held = hold_out(open_data_set(labelled).pictures)
    assert [len(kept), len(held)] == [6, 2]
    assert sorted(each.path[-9:] for each in held) == ["ain/3.png", "val/3.png"]


@pytest.mark.parametrize("held, is_enough", [([0, 1, 2, 3], True), ([0, 3, 3], True), ([3, 3], False), ([3, 9], False)])
def test_a_set_that_is_held_out_product_by_product_is_refused(held, is_enough):
    image, names = np.zeros((4, 4, 3), np.uint8), ["tea", "milk", "rice", "beans"]

    def of(products):
        return [Region(image, np.array([0, 0, 4, 4], np.float32), product) for product in products]

    found = Regions(of([0, 1, 2, 3]), of(held), names, ["a stranger"], [])
    if is_enough:
        check_held_out(found)
    else:
        with pytest.raises(SourceError, match="shows 1 of 4 products: split the set first"):
            check_held_out(found)
