"""Looking a data set over, and splitting one: every mistake by file and line, near-duplicates on one side."""

import json
from collections import Counter

import cv2
import numpy as np
import pytest

from runtime.scene.scene import Scene
from runtime.scene.settings import SceneSettings
from training import check_data, split
from training.check_data import check
from training.data.dataset import open_data_set
from training.data.label_check import check_label
from training.data.perceptual_hash import Look, Pair, groups_of, look_of, near_pairs, without_bars
from training.data.survey import survey


def picture(seed, time_s=3.0):
    """(120, 160, 3): one of the demo's scenes, each unlike the others."""
    return Scene(SceneSettings(6, seed), (160, 120)).render(time_s).image


def reshot(image):
    """The same, a little later: moved, brighter, with noise, as JPEG."""
    moved = cv2.warpAffine(image, np.array([[1, 0, 1.5], [0, 1, -1.0]]), (160, 120), borderMode=cv2.BORDER_REFLECT)
    noise = np.random.RandomState(0).standard_normal(image.shape) * 3
    brighter = np.clip(moved * 1.1 + noise, 0, 255).astype(np.uint8)
    return cv2.imdecode(cv2.imencode(".jpg", brighter, [cv2.IMWRITE_JPEG_QUALITY, 75])[1], 1)


def write_yolo(folder, labels, images=None, names=("tea", "coffee")):
    """`labels`: relative name without suffix: text, or None for none."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    (folder / "classes.txt").write_text("\n".join(names) + "\n")
    for seed, (name, text) in enumerate(labels.items()):
        image, label = folder / "images" / (name + ".png"), folder / "labels" / (name + ".txt")
        for path in (image, label):
            path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(image), (images or {}).get(name, picture(seed)))
        if text is not None:
            label.write_text(text)
    return folder


GOOD = {"0": "0 0.5 0.5 0.25 0.5\n", "1": "1 0.5 0.5 0.25 0.5\n", "2": "0 0.3 0.5 0.2 0.5\n1 0.7 0.5 0.2 0.5\n"}


def kinds(folder):
    return Counter(finding.kind for finding in check(folder, quiet=True).findings)


def test_a_good_set_has_nothing_to_mend(tmp_path, capsys):
    assert check_data.main([str(write_yolo(tmp_path / "set", GOOD)), "--workers", "1"]) == 0
    told = capsys.readouterr().out
    assert "3 pictures (no split 3), 2 classes, 4 boxes" in told
    assert "nothing to mend" in told


@pytest.mark.parametrize(
    "line, kind, must_mend",
    [
        ("0 0.5 0.5 0.25", "no box", True),
        ("tea 0.5 0.5 0.25 0.5", "no box", True),
        ("0 nan 0.5 0.25 0.5", "no box", True),
        ("0.5 0.5 0.5 0.25 0.5", "no box", True),
        ("2 0.5 0.5 0.25 0.5", "class out of range", True),
        ("-1 0.5 0.5 0.25 0.5", "class out of range", True),
        ("0 0.5 0.5 0 0.5", "no area", True),
        ("0 0.5 0.5 0.25 -0.5", "no area", True),
        ("0 0.95 0.5 0.25 0.5", "outside", True),
        ("0 0.1 1.5 0.1 0.1", "outside", True),
        ("0 0.5 0.5 0.04 0.5", "tiny", False),
        ("0 0.5 0.5 0.99 0.99", "whole picture", False),
    ],
)
def test_a_bad_box_is_named_by_file_and_line(tmp_path, line, kind, must_mend):
    path = tmp_path / "a.txt"
    path.write_text("1 0.2 0.2 0.1 0.1\n\n" + line + "\n")
    _, findings = check_label(path, 2, (160, 120))
    assert [(each.kind, each.must_mend, each.where) for each in findings] == [(kind, must_mend, str(path) + ":3")]


@pytest.mark.parametrize("number, kind", [(0, "same box twice"), (1, "one box, two classes")])
def test_a_box_that_is_there_twice(tmp_path, number, kind):
    path = tmp_path / "a.txt"
    path.write_text("0 0.5 0.5 0.3 0.3\n0 0.2 0.5 0.3 0.3\n{} 0.501 0.5 0.3 0.3\n".format(number))
    _, (finding,) = check_label(path, 2, (160, 120))
    assert (finding.kind, finding.where) == (kind, str(path) + ":3")
    assert "as line 1" in finding.what


def test_a_label_that_is_no_text(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\x00\x80")
    _, (finding,) = check_label(tmp_path / "a.txt", 2, (160, 120))
    assert finding.kind == "unreadable label"


def test_what_is_missing_is_found(tmp_path):
    folder = write_yolo(
        tmp_path / "set", dict(GOOD, no=None, bad="0 0.5 0.5 0.2 0.2\n"), names=("tea", "coffee", "jam")
    )
    (folder / "images/bad.png").write_bytes(b"no picture")
    (folder / "labels/stray.txt").write_text("2 0.5 0.5 0.2 0.2\n")
    found = {"image without label": 1, "unreadable image": 1, "label without image": 1, "empty class": 1}
    assert kinds(folder) == found


def test_a_class_with_one_picture_is_a_warning(tmp_path, capsys):
    folder = write_yolo(tmp_path / "set", {"0": GOOD["0"], "1": GOOD["1"], "2": GOOD["0"]})
    assert check_data.main([str(folder), "--workers", "1"]) == 0
    assert "coffee: warning: single picture" in capsys.readouterr().out


def test_the_same_picture_in_two_splits_must_be_mended(tmp_path, capsys):
    labels = {"train/a": GOOD["0"], "train/b": GOOD["1"], "val/c": GOOD["0"], "val/d": GOOD["1"]}
    folder = write_yolo(tmp_path / "set", labels, {"val/c": reshot(picture(0))})
    assert kinds(folder) == {"alike across splits": 1}
    assert check_data.main([str(folder), "--out", str(tmp_path / "out"), "--workers", "1"]) == 1
    told = capsys.readouterr().out
    line = next(line for line in told.splitlines() if "mend: alike" in line)
    assert "train/a.png" in line
    assert "val/c.png" in line
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["alike.png", "classes-1.png", "findings.txt"]
    sheet = cv2.imread(str(tmp_path / "out/classes-1.png"))
    assert sheet.shape[0] == 2 * (128 + 16)
    assert (sheet == [60, 220, 60]).all(-1).any()  # boxes are drawn


def test_folders_of_pictures_are_checked_too(tmp_path):
    for name, images in (("tea", (0, 1, 2)), ("jam", (3, 4)), ("oil", ()), ("rice", (5,))):
        (tmp_path / "set" / name).mkdir(parents=True)
        for seed in images:
            cv2.imwrite(str(tmp_path / "set" / name / "{}.png".format(seed)), picture(seed))
    cv2.imwrite(str(tmp_path / "set/jam/again.jpg"), reshot(picture(0)))
    (tmp_path / "set/jam/broken.jpg").write_bytes(b"")
    wrong = {"empty class": 1, "single picture": 1, "alike, two classes": 1, "unreadable image": 1}
    assert kinds(tmp_path / "set") == wrong


def test_splits_of_folders_and_a_file_a_product(tmp_path):
    for path in ("train/tea/0", "train/jam/1", "val/tea/2", "iconic/tea", "iconic/jam"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(tmp_path / (path + ".png")), picture(len(path)))
    found = survey(tmp_path)
    assert found.names == ["jam", "tea"]
    assert Counter((each.split, found.names[each.product]) for each in found.pictures) == {
        ("train", "tea"): 1,
        ("train", "jam"): 1,
        ("val", "tea"): 1,
        ("iconic", "tea"): 1,
        ("iconic", "jam"): 1,
    }


def test_lists_of_pictures_are_followed(tmp_path):
    write_yolo(tmp_path, GOOD)
    (tmp_path / "classes.txt").unlink()
    (tmp_path / "data.yaml").write_text("train: train.txt\nval: val.txt\nnames: [tea, coffee]\n")
    (tmp_path / "train.txt").write_text("./images/0.png\n{}\n".format(tmp_path / "images/1.png"))
    (tmp_path / "val.txt").write_text("images/2.png\n")
    assert [each.split for each in survey(tmp_path).pictures] == ["train", "train", "val"]
    assert kinds(tmp_path) == {}


def test_everything_as_json(tmp_path, capsys):
    folder = write_yolo(tmp_path / "set", dict(GOOD, more="5 0.5 0.5 0.2 0.2\n"))
    assert check_data.main([str(folder), "--json", "--workers", "1"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["images"], told["boxes"], told["must_mend"]) == (4, 4, True)
    assert told["kinds"] == {"class out of range": 1}
    assert told["findings"][0]["where"].endswith("more.txt:1")


@pytest.mark.parametrize("content, told", [(None, "no folder"), ("", "no pictures in"), ("images", "no class names")])
@pytest.mark.parametrize("command", [check_data.main, split.main])
def test_what_is_no_data_set_is_one_plain_line(tmp_path, capsys, command, content, told):
    folder = tmp_path / "set"
    if content is not None:
        (folder / content).mkdir(parents=True)
    more = ["--out", str(tmp_path / "out")] if command is split.main else []
    assert command([str(folder), "--workers", "1"] + more) == 1
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("shelfsight: ")
    assert told in line


# Looks ---------------------------------------------------------------------


def test_bars_are_no_part_of_a_picture():
    image = picture(1)
    framed = cv2.copyMakeBorder(image, 40, 40, 0, 0, cv2.BORDER_CONSTANT, value=(128, 128, 128))
    np.testing.assert_array_equal(without_bars(framed), image)
    flat = np.full((50, 60, 3), 7, np.uint8)
    np.testing.assert_array_equal(without_bars(flat), flat)


def test_scenes_differ_and_the_same_scene_does_not():
    looks = [look_of(picture(seed)) for seed in range(12)] + [look_of(reshot(picture(seed))) for seed in range(12)]
    assert [(pair.first, pair.second) for pair in near_pairs(looks)] == [(seed, seed + 12) for seed in range(12)]
    assert near_pairs([]) == []


def test_colours_decide_between_pictures_of_one_shape():
    look = look_of(picture(1))
    assert near_pairs([look, look]) == [Pair(0, 1, 0)]
    assert near_pairs([look, Look(look.bits, look_of(picture(2)).colours)]) == []


def test_pairs_are_found_across_chunks(monkeypatch):
    monkeypatch.setattr("training.data.perceptual_hash._CHUNK", 3)
    rng = np.random.RandomState(0)
    looks = [Look(rng.randint(0, 2, 64) > 0, np.ones(768, np.float32) / np.sqrt(768)) for _ in range(8)]
    looks.append(looks[1])
    assert near_pairs(looks) == [Pair(1, 8, 0)]


def test_groups_are_connected_components():
    assert groups_of(5, [Pair(0, 3, 1), Pair(3, 4, 1)]) == [[0, 3, 4], [1], [2]]


# Splitting -----------------------------------------------------------------


def test_groups_stay_together_and_classes_are_shared_out_alike(tmp_path, capsys):
    labels = {"{:02d}".format(n): "{} 0.5 0.5 0.3 0.3\n".format(n % 2) for n in range(20)}
    images = {name: reshot(picture(0)) for name in ("04", "06")}  # as 00
    folder = write_yolo(tmp_path / "set", labels, images)
    (folder / "shapes.txt").write_text("box\njar\n")
    assert split.main([str(folder), "--val", "0.3", "--out", str(tmp_path / "new"), "--workers", "1"]) == 0
    told = capsys.readouterr().out
    assert "1 groups of alike pictures (3 pictures, at most 3 in one)" in told
    sides = [open_data_set(tmp_path / "new", [side]) for side in ("train", "val")]
    assert sum(len(side.pictures) for side in sides) == 20
    for side in sides:
        assert side.shapes == {"tea": "box", "coffee": "jar"}
        stems = {path.path.rsplit("/", 1)[1][:2] for path in side.pictures}
        assert len({"00", "04", "06"} & stems) in (0, 3)
    val = Counter(int(number) for each in sides[1].pictures for number in each.classes)
    assert all(2 <= val[number] <= 4 for number in (0, 1))
    assert (tmp_path / "new/images/train").is_dir()
    assert all(path.is_symlink() for path in (tmp_path / "new/images").rglob("*.png"))
    assert "alike across splits" not in kinds(tmp_path / "new")


def test_shares_hold_for_many_classes_and_rare_ones_get_a_picture_too():
    shown = [{n % 7: 1} for n in range(350)] + [{7: 1}, {7: 1}, {8: 1}]
    to_val = split.chosen(shown, 0.2, seed=3)
    val = Counter(c for group, is_val in zip(shown, to_val) if is_val for c in group)
    assert all(val[c] == 10 for c in range(7))
    assert val[7] == 1
    assert val[8] == 0
    assert to_val == split.chosen(shown, 0.2, seed=3)
    assert to_val != split.chosen(shown, 0.2, seed=4)


def test_folders_are_split_into_folders(tmp_path, capsys):
    for number in range(12):
        path = tmp_path / "set/train" / ("tea", "jam")[number % 2] / "{}.png".format(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), picture(number))
    (tmp_path / "set/test/tea").mkdir(parents=True)
    cv2.imwrite(str(tmp_path / "set/test/tea/x.png"), picture(50))
    (tmp_path / "set/train/tea/broken.png").write_bytes(b"x")
    flags = [str(tmp_path / "set"), "--out", str(tmp_path / "new"), "--only", "train", "--copy", "--workers", "1"]
    assert split.main(flags) == 0
    assert "1 unreadable pictures left out" in capsys.readouterr().err
    found = survey(tmp_path / "new")
    assert len(found.pictures) == 12
    assert {each.split for each in found.pictures} == {"train", "val"}
    assert not any(path.is_symlink() for path in (tmp_path / "new").rglob("*"))


@pytest.mark.parametrize(
    "flags, status, told",
    [
        (["--val", "1"], 2, "between 0 and 1"),
        (["--only", "test"], 2, "--only test"),
        (["--out", "SET"], 2, "is not empty"),
    ],
)
def test_a_wrong_split_is_one_plain_line(tmp_path, capsys, flags, status, told):
    folder = write_yolo(tmp_path / "set", GOOD)
    flags = [str(folder) if flag == "SET" else flag for flag in flags]
    assert split.main([str(folder), "--out", str(tmp_path / "new"), "--workers", "1"] + flags) == status
    assert told in capsys.readouterr().err.splitlines()[-1]


def test_what_is_known_of_the_development_data(shared):
    found = check(shared / "data/coco", quiet=True)
    told = check_data.figures(found)
    assert (told["images"], told["boxes"], told["alike_pairs"]) == (128, 929, 0)
    assert told["kinds"]["empty class"] == 9
    assert told["kinds"]["label without image"] == 2


def test_polygons_and_scores_are_counted_and_nothing_to_mend(tmp_path, capsys):
    for number, row in enumerate(["0 0.2 0.2 0.8 0.2 0.5 0.8", "0 0.5 0.5 0.4 0.4 0.9", "0 0.5 0.5 0.3 0.3"]):
        rng = np.random.RandomState(number)
        image = cv2.resize(rng.randint(0, 255, (6, 6, 3)).astype(np.uint8), (120, 120))
        for folder in ("images", "labels"):
            (tmp_path / folder).mkdir(exist_ok=True)
        cv2.imwrite(str(tmp_path / "images" / f"{number}.png"), image)
        (tmp_path / "labels" / f"{number}.txt").write_text(row + "\n")
    (tmp_path / "classes.txt").write_text("tea\n")
    assert check_data.main([str(tmp_path), "--workers", "1"]) == 0
    told = capsys.readouterr().out
    assert "3 boxes" in told
    assert "1 polygons, read as their boxes; 1 boxes with a score" in told
