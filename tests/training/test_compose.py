"""Composing a data set: cut-outs against a known truth, boxes against what was pasted, the command and its mistakes."""

import json

import cv2
import numpy as np
import pytest

from benchmarks.scoring.yolo_names import read_names
from runtime.errors import SourceError
from runtime.scene.products import PRODUCTS
from runtime.scene.sprites import BODIES
from training import compose
from training.composing import recipe
from training.composing.backgrounds import BUILT_IN, Background
from training.composing.cutout import cutout_of, product_mask
from training.composing.pasting import BLENDINGS, MIN_VISIBLE, Placement, compose_scene
from training.composing.plain_photos import find_photos, split_photos
from training.data.dataset import open_data_set


def plain_photo(product, background, noise, seed=0):
    """A product of the demo before `background` (an array or a colour), with a shadow, as JPEG; and its truth."""
    rng = np.random.RandomState(seed)
    drawn = BODIES[product.body](product).finished().astype(np.float32)
    height, width = int(drawn.shape[0] * 1.5), int(drawn.shape[1] * 1.8)
    top, left = (height - drawn.shape[0]) // 2, (width - drawn.shape[1]) // 2
    alpha, colours = np.zeros((height, width, 1), np.float32), np.zeros((height, width, 3), np.float32)
    alpha[top : top + drawn.shape[0], left : left + drawn.shape[1]] = drawn[..., 3:] / 255
    colours[top : top + drawn.shape[0], left : left + drawn.shape[1]] = drawn[..., :3]
    shadow = 0.3 * np.roll(cv2.GaussianBlur(alpha[..., 0], (0, 0), 9), (8, 6), (0, 1))[..., None] * (noise > 0)
    ramp = np.linspace(1.0, 1.0 + 0.05 * (noise > 0), width)[None, :, None]
    picture = np.ones_like(colours) * background * ramp * (1 - shadow) * (1 - alpha) + colours
    picture = np.clip(picture + rng.standard_normal(picture.shape) * noise, 0, 255).astype(np.uint8)
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1], 1), alpha[..., 0] > 0.5


def overlap(first, second):
    return (first & second).sum() / (first | second).sum()


@pytest.mark.parametrize("background, noise", [(255.0, 0), ((214.0, 220.0, 224.0), 3), ((180.0, 90.0, 60.0), 4)])
def test_products_are_cut_out_of_plain_photos_shadow_and_all(background, noise):
    found = []
    for product in PRODUCTS[::3]:
        image, truth = plain_photo(product, np.array(background), noise)
        mask, reason = product_mask(image)
        assert reason is None
        found.append(overlap(mask, truth))
    assert np.median(found) > 0.95
    assert min(found) > 0.6  # pale green on pure white


def test_a_white_carton_on_white_paper_is_closed():
    image = np.full((300, 300, 3), 255, np.uint8)
    cv2.rectangle(image, (80, 40), (220, 260), (253, 253, 253), -1)
    cv2.rectangle(image, (80, 40), (220, 130), (160, 60, 20), -1)
    cv2.rectangle(image, (80, 190), (220, 260), (160, 60, 20), -1)
    truth = np.zeros((300, 300), bool)
    truth[40:261, 80:221] = True
    assert overlap(product_mask(image)[0], truth) > 0.97


def test_what_is_not_plain_is_taken_whole_and_says_why():
    rng = np.random.RandomState(1)
    crowded = cv2.resize(rng.randint(0, 255, (8, 8, 3)).astype(np.uint8), (200, 160), interpolation=cv2.INTER_NEAREST)
    made = cutout_of(crowded)
    assert "not plain" in made.reason
    assert made.picture.shape == (160, 200, 4)
    assert (made.picture[..., 3] == 255).all()
    assert "too little" in cutout_of(np.full((100, 100, 3), 200, np.uint8)).reason


def test_a_photo_that_brings_its_own_alpha_keeps_it():
    image = np.random.RandomState(0).randint(0, 255, (90, 120, 3)).astype(np.uint8)
    alpha = np.zeros((90, 120), np.uint8)
    alpha[20:60, 30:100] = 255
    made = cutout_of(image, alpha)
    assert made.reason is None
    assert made.picture.shape == (40, 70, 4)


def test_edges_carry_no_background():
    """Red on white: a rim of pink would tell pasted objects from real ones."""
    image = np.full((200, 200, 3), 255, np.uint8)
    cv2.circle(image, (100, 100), 60, (0, 0, 200), -1, cv2.LINE_AA)
    picture = cutout_of(image).picture
    seen = picture[picture[..., 3] > 20]
    assert seen[:, 0].max() < 60


# Pasting -------------------------------------------------------------------


def block(product, x, y, width, height, blending="alpha"):
    picture = np.full((height, width, 4), 255, np.uint8)
    picture[..., :3] = (40, 80, 160)
    matrix = np.array([[1, 0, x], [0, 1, y], [0, 0, 1]], np.float64)
    return Placement(product, picture, matrix, blending, np.ones(3, np.float32), 0.0)


def scene(*placements):
    return compose_scene(np.full((120, 160, 3), 200, np.uint8), list(placements))


def test_boxes_are_tight_around_what_can_be_seen():
    made = scene(block(3, 20, 30, 40, 50), block(5, 40, 20, 60, 80))
    assert made.products.tolist() == [3, 5]
    np.testing.assert_allclose(made.boxes_px, [[20, 30, 40, 80], [40, 20, 100, 100]], atol=1)


def test_boxes_end_at_the_edge_of_the_picture():
    np.testing.assert_allclose(scene(block(0, -10, 100, 40, 40)).boxes_px, [[0, 100, 30, 120]], atol=1)


@pytest.mark.parametrize("covered, is_there", [(40, True), (78, False)])
def test_an_object_of_which_too_little_shows_is_taken_out(covered, is_there):
    made = scene(block(1, 20, 20, 100, 60), block(2, 20, 20, covered + 1, 60))
    assert (1 in made.products) == is_there
    assert 1 - 78 / 100 < MIN_VISIBLE < 1 - 40 / 100
    if not is_there:
        assert made.image[50, 115].tolist() == [200, 200, 200]


def test_what_a_removed_object_covered_is_seen_again():
    """The second lies almost wholly outside: it goes, and with it what it hid of the first."""
    made = scene(block(1, 140, 20, 20, 60), block(2, 140, 20, 100, 60))
    assert made.products.tolist() == [1]


@pytest.mark.parametrize("blending", BLENDINGS)
def test_every_blending_keeps_the_colours_inside(blending):
    made = scene(block(0, 40, 20, 70, 80, blending))
    assert np.abs(made.image[60, 75].astype(int) - [40, 80, 160]).max() <= 3
    assert np.abs(made.image[10, 10].astype(int) - 200).max() <= 3


@pytest.mark.parametrize("draw", BUILT_IN)
def test_built_in_backgrounds_have_the_size_asked_for(draw):
    image = draw(np.random.RandomState(4), (200, 120))
    assert image.shape == (120, 200, 3)
    assert image.dtype == np.uint8


def test_given_backgrounds_are_cut_to_size(tmp_path):
    cv2.imwrite(str(tmp_path / "b.png"), np.full((50, 300, 3), 90, np.uint8))
    image = Background([tmp_path / "b.png"]).draw(np.random.RandomState(0), (80, 60))
    assert image.shape == (60, 80, 3)
    assert (image == 90).all()


# The command ---------------------------------------------------------------


@pytest.fixture
def photos(tmp_path):
    """Three products, one photo each."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for product in (PRODUCTS[0], PRODUCTS[5], PRODUCTS[9]):
        cv2.imwrite(str(folder / "{}.png".format(product.name)), plain_photo(product, 255.0, 0)[0])
    return folder


def run(photos, out, *more):
    flags = ["--images", "8", "--size", "160x120", "--workers", "1"]
    return compose.main([str(photos), "--out", str(out)] + flags + list(more))


def content(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_set_is_read_by_the_trainings(photos, tmp_path, capsys):
    assert run(photos, tmp_path / "set") == 0
    data = open_data_set(tmp_path / "set", ["train"])
    assert sorted(data.names) == sorted(path.stem for path in photos.iterdir())
    assert len(data.pictures) == 7
    assert len(open_data_set(tmp_path / "set", ["val"]).pictures) == 1
    for picture in data.pictures:
        boxes = picture.boxes_px(160, 120)
        assert (boxes[:, 2:] - boxes[:, :2] >= 7.9).all()
        assert (boxes >= -0.01).all()
        assert (boxes <= np.array([160, 120, 160, 120]) + 0.01).all()
    told = capsys.readouterr().out
    assert "7 pictures to train and 1 to validate, 3 products" in told
    assert "single photo, which serves both train and val: all of them" in told


def test_the_same_seed_gives_the_same_set_and_an_interrupted_one_goes_on(photos, tmp_path, monkeypatch, capsys):
    assert run(photos, tmp_path / "a") == 0
    write, left = recipe.write_atomically, [7]

    def full(path, data):
        left[0] -= 1
        if left[0] < 0:
            raise OSError(28, "No space left on device", str(path))
        write(path, data)

    monkeypatch.setattr(recipe, "write_atomically", full)
    assert run(photos, tmp_path / "b") == 1
    assert "No space left" in capsys.readouterr().err.splitlines()[-1]
    monkeypatch.setattr(recipe, "write_atomically", write)
    assert run(photos, tmp_path / "b") == 0
    assert content(tmp_path / "a") == content(tmp_path / "b")
    assert run(photos, tmp_path / "c", "--seed", "1") == 0
    assert content(tmp_path / "a") != content(tmp_path / "c")


def test_a_mistake_among_the_photos_can_be_mended(photos, tmp_path):
    (photos / "tea.jpg").write_bytes(b"no picture")
    assert run(photos, tmp_path / "set") == 1
    (photos / "tea.jpg").unlink()
    assert run(photos, tmp_path / "set") == 0


@pytest.mark.slow
def test_several_processes_give_the_same_set(photos, tmp_path):
    assert run(photos, tmp_path / "a") == 0
    assert run(photos, tmp_path / "b", "--workers", "2") == 0
    assert content(tmp_path / "a") == content(tmp_path / "b")


def test_more_pictures_may_be_asked_for_later_but_nothing_else(photos, tmp_path, capsys):
    assert run(photos, tmp_path / "set") == 0
    assert run(photos, tmp_path / "set", "--images", "12") == 0
    assert run(photos, tmp_path / "set", "--images", "12", "--seed", "5") == 2
    assert "give another --out" in capsys.readouterr().err
    assert run(photos, photos) == 2


def test_a_mended_cutout_is_kept(photos, tmp_path):
    assert run(photos, tmp_path / "set") == 0
    path = next((tmp_path / "set/cutouts").rglob("*.png"))
    cv2.imwrite(str(path), np.full((30, 30, 4), 255, np.uint8))
    mended = path.read_bytes()
    assert run(photos, tmp_path / "set", "--images", "10") == 0
    assert path.read_bytes() == mended


def test_photos_of_a_product_serve_one_split_only(tmp_path):
    for name, count in (("tea", 5), ("jam", 1), ("it's", 2)):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(count):
            image = plain_photo(PRODUCTS[number], 255.0, 0, number)[0]
            cv2.imwrite(str(tmp_path / "photos" / name / "{}.png".format(number)), image)
    plain = find_photos(tmp_path / "photos", tmp_path / "cutouts")
    by_split = split_photos(plain, 0.2, seed=0)
    train, val = set(by_split["train"]), set(by_split["val"])
    assert {plain.names[photo.product] for photo in train & val} == {"jam"}
    assert train | val == set(plain.photos)
    assert {photo.product for photo in val} == {0, 1, 2}
    assert run(tmp_path / "photos", tmp_path / "set") == 0
    assert read_names(str(tmp_path / "set")) == ["it's", "jam", "tea"]


def test_a_photo_that_cannot_be_cut_out_is_named(photos, tmp_path, capsys):
    noisy = cv2.resize(np.random.RandomState(0).randint(0, 255, (9, 9, 3)).astype(np.uint8), (90, 90))
    cv2.imwrite(str(photos / "market.png"), noisy)
    assert run(photos, tmp_path / "set") == 0
    assert run(photos, tmp_path / "set") == 0
    err = [line for line in capsys.readouterr().err.splitlines() if line.startswith("shelfsight")]
    assert len(err) == 2
    assert "market.png: taken whole, background and all: its border is not plain" in err[0]


def test_photos_none_of_which_can_be_cut_out_are_refused(tmp_path, capsys):
    (tmp_path / "photos").mkdir()
    for number in range(3):
        noisy = np.random.RandomState(number).randint(0, 255, (9, 9, 3)).astype(np.uint8)
        cv2.imwrite(str(tmp_path / "photos" / f"{number}.png"), cv2.resize(noisy, (90, 90)))
    assert run(tmp_path / "photos", tmp_path / "set") == 1
    told = capsys.readouterr().err.splitlines()[-1]
    assert "no product could be cut out of any of the 3 photos" in told
    assert "plain background" in told
    assert not list((tmp_path / "set").rglob("*.jpg"))


def test_an_unreadable_photo_among_others_is_left_out(photos, tmp_path, capsys):
    (photos / "tea").mkdir()
    for path in list(photos.glob("*.png")):
        path.rename(photos / "tea" / path.name)
    (photos / "tea/broken.jpg").write_bytes(b"no picture")
    assert run(photos, tmp_path / "set") == 0
    assert "left out: " in capsys.readouterr().err


@pytest.mark.parametrize(
    "spoil, flags, status, told",
    [
        (lambda folder: None, ["--backgrounds", "/nowhere"], 1, "no such folder"),
        (lambda folder: None, ["--images", "1"], 2, "at least 2"),
        (lambda folder: None, ["--workers", "0"], 2, "--workers 1"),
        (lambda folder: (folder / "tea.jpg").write_bytes(b"no picture"), [], 1, "tea: no photo of it can be read"),
        (lambda folder: [path.unlink() for path in folder.iterdir()], [], 1, "no photos in"),
        (lambda folder: [path.unlink() for path in folder.iterdir()] + [folder.rmdir()], [], 1, "no folder"),
    ],
)
def test_what_cannot_be_is_one_plain_line(photos, tmp_path, capsys, spoil, flags, status, told):
    spoil(photos)
    assert run(photos, tmp_path / "set", *flags) == status
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("shelfsight")]
    assert len(lines) == 1
    assert told in lines[0]


def test_wrong_backgrounds_are_one_plain_line(photos, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert run(photos, tmp_path / "a", "--backgrounds", str(tmp_path / "empty")) == 1
    assert "no pictures there" in capsys.readouterr().err
    (tmp_path / "empty/x.jpg").write_bytes(b"no picture")
    assert run(photos, tmp_path / "b", "--backgrounds", str(tmp_path / "empty")) == 1
    assert "x.jpg is no picture" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("size", ["160", "10x10", "axb", "99999x100"])
def test_impossible_sizes_are_refused(photos, tmp_path, capsys, size):
    with pytest.raises(SystemExit) as stopped:
        run(photos, tmp_path / "set", "--size", size)
    assert stopped.value.code == 2
    assert "expected WIDTHxHEIGHT" in capsys.readouterr().err


def test_a_spoilt_cutout_says_how_to_go_on(photos, tmp_path, capsys):
    assert run(photos, tmp_path / "set") == 0
    for path in (tmp_path / "set/cutouts").rglob("*.png"):
        path.write_bytes(b"")
    recipe._cutout.cache_clear()
    assert run(photos, tmp_path / "set", "--images", "10") == 1
    assert "remove it, and it is made again" in capsys.readouterr().err


def test_a_record_that_was_cut_short_is_not_gone_on_with(photos, tmp_path):
    assert run(photos, tmp_path / "set") == 0
    made_of = json.loads((tmp_path / "set/compose.json").read_text())
    assert made_of["images"] == 8
    (tmp_path / "set/compose.json").write_text("{")
    assert run(photos, tmp_path / "set") == 2


def test_the_iconic_pictures_are_all_cut_out(shared):
    plain = find_photos(shared / "data/store/iconic", shared / "nowhere")
    assert len(plain.names) == 81
    refused = [photo.path.name for photo in plain.photos if cutout_of(cv2.imread(str(photo.path))).reason]
    assert refused == []


def test_a_missing_folder_says_what_is_expected(tmp_path):
    with pytest.raises(SourceError, match="one folder a product or one file a product"):
        find_photos(tmp_path / "x", tmp_path)
