"""What stage 2 is trained and measured on: the boxes of a YOLO set, cut out, or whole pictures of folders or CIFAR."""

from multiprocessing.pool import ThreadPool
from pathlib import Path
from typing import Any, Dict, Iterable, List, NamedTuple, Sequence, Set

import cv2
import numpy as np
from tqdm import tqdm

from benchmarks.scoring.cifar import TEST, TRAIN, cifar_at, read_cifar
from benchmarks.scoring.yolo_labels import LabelledPicture
from runtime.errors import SourceError, UsageError
from training.data.dataset import VALIDATION, hold_out, open_data_set, open_to_train, read_picture
from training.data.label_check import MIN_SIDE_PX
from training.data.survey import survey, survey_photos
from training.stage2.crops import Region, region_of

MAX_PHOTO_PX = 512
"""Longer side that photos from folders are shrunk to: twice what any backbone here looks at."""


class Regions(NamedTuple):
    """What is trained on, and what is measured on."""

    train: List[Region]
    val: List[Region]
    products: List[str]
    others: List[str]
    """Names; Region.product is an index into both, one after the other."""
    pictures: List[str]
    """For each region of `train`, the path of its picture."""


class _Chosen(NamedTuple):
    """Labelled pictures, and the class numbers that count."""

    names: List[str]
    train: List[LabelledPicture]
    val: List[LabelledPicture]
    products: List[int]
    others: List[int]


def collect_regions(values: Dict[str, Any]) -> Regions:
    """Read a data set: its images/val, or the last pictures of each folder, are for validation.

    The products are those that have a box in `values["groups"]`, less `values["leave_out"]`, in the order of the names;
    the others have one in `values["also"]` only, or are those of `values["also_photos"]`. Raises ShelfsightError for a
    data set that cannot be trained on.
    """
    folder: Path = values["data"]
    if cifar_at(str(folder)) is not None:
        return _from_cifar(values)
    chosen = _from_labels(values) if (folder / "images").is_dir() else _from_folders(values)
    if len(chosen.products) < 2:
        raise SourceError(f"{folder} shows {len(chosen.products)} products: at least 2 are needed")
    numbers = chosen.products + chosen.others
    step = max(1, round(sum(len(picture.classes) for picture in chosen.train) / values["limit"]))
    train: List[Region] = []
    pictures: List[str] = []
    used = chosen.train[::step]
    with ThreadPool() as pool:  # OpenCV reads without Python's lock
        cut = pool.imap(lambda picture: regions_of(picture, numbers), used)
        for picture, found in zip(used, tqdm(cut, "cutting regions", len(used), unit="picture", disable=None)):
            train += found
            pictures += [picture.path] * len(found)
    val = [region for picture in chosen.val for region in regions_of(picture, numbers)]
    names = [[chosen.names[number] for number in kind] for kind in (chosen.products, chosen.others)]
    _check(names[0], train)  # one of the others that only the validation shows is no loss
    if values.get("also_photos"):
        strangers = survey_photos(values["also_photos"])
        for picture in tqdm(strangers.pictures, "reading photos", unit="photo", disable=None):
            train.append(whole_picture(picture.path, len(numbers) + picture.product))
            pictures.append(str(picture.path))
        names[1] += strangers.names
    return Regions(train, val, names[0], names[1], pictures)


def check_held_out(regions: Regions) -> None:
    """SourceError where what validates shows too few of the products to say anything: a folder sorted by product."""
    shown = len({region.product for region in regions.val} & set(range(len(regions.products))))
    if 2 * shown < len(regions.products):
        raise SourceError(
            f"what is held out shows {shown} of {len(regions.products)} products: split the set first "
            "(python -m training.split SET --val 0.2 --out NEW), and give NEW"
        )


def _from_cifar(values: Dict[str, Any]) -> Regions:
    """CIFAR-100's own halves; of the one to train on at most about `values["limit"]`, all of the other."""
    parts = [read_cifar(str(cifar_at(str(values["data"]))), part) for part in (TRAIN, TEST)]
    whole = np.array([0, 0, *parts[0].images.shape[2:0:-1]], np.float32)
    step = max(1, round(len(parts[0].images) / values["limit"]))
    train, val = (
        [Region(image, whole, int(number)) for image, number in zip(part.images[::each], part.numbers[::each])]
        for part, each in zip(parts, (step, 1))
    )
    _check(parts[0].names, train)
    return Regions(train, val, parts[0].names, [], [])


def _from_labels(values: Dict[str, Any]) -> _Chosen:
    data, val = open_to_train(values["data"], values["groups"])
    also = open_data_set(values["data"], values["also"]).pictures if values["also"] else []
    left_out = _numbers(data.names, values)
    products = sorted(_present(data.pictures) - left_out)
    others = sorted(_present(also) - left_out - set(products))
    train, held = (data.pictures + also, val) if val else hold_out(data.pictures + also)
    return _Chosen(data.names, train, held, products, others)


def _from_folders(values: Dict[str, Any]) -> _Chosen:
    """A folder a product: each picture is one box. Splits are those of the set, if it has some."""
    found = survey(values["data"])
    groups = values["groups"] or sorted({picture.split for picture in found.pictures} - {VALIDATION})
    by_split: Dict[str, List[LabelledPicture]] = {}
    for picture in found.pictures:
        whole = LabelledPicture(str(picture.path), np.array([[0.5, 0.5, 1.0, 1.0]]), np.array([picture.product]))
        by_split.setdefault(picture.split, []).append(whole)
    missing = sorted(set(groups) - set(by_split))
    if missing:
        has = ", ".join(sorted(by_split)) or "none"
        raise SourceError(f"{values['data']} has no split {', '.join(missing)}: it has {has}")
    pictures = [picture for group in groups for picture in by_split[group]]
    validates = VALIDATION in by_split and VALIDATION not in groups
    train, held = (pictures, by_split[VALIDATION]) if validates else hold_out(pictures)
    products = sorted(_present(pictures) - _numbers(found.names, values))
    return _Chosen(found.names, train, held, products, [])


def _numbers(names: Sequence[str], values: Dict[str, Any]) -> Set[int]:
    """Of the products that are left out."""
    unknown = sorted(set(values["leave_out"]) - set(names))
    if unknown:
        raise UsageError(f"--leave-out {', '.join(unknown)}: no such names in {values['data']}")
    return {list(names).index(name) for name in values["leave_out"]}


def _present(pictures: Iterable[LabelledPicture]) -> Set[int]:
    return {int(number) for picture in pictures for number in picture.classes}


def whole_picture(path: Path, product: int) -> Region:
    """A photo as one region, shrunk to MAX_PHOTO_PX; SourceError for what is no picture."""
    image = _shrunk(read_picture(str(path)))
    return Region(image, np.array([0, 0, image.shape[1], image.shape[0]], np.float32), product)


def regions_of(picture: LabelledPicture, numbers: Sequence[int]) -> List[Region]:
    """The boxes of a picture whose class is among `numbers`; Region.product is the place in it."""
    image = read_picture(picture.path)
    is_whole = len(picture.boxes) == 1 and float(picture.boxes[0, 2:].min()) == 1.0
    if is_whole:
        image = _shrunk(image)
    boxes = picture.boxes_px(image.shape[1], image.shape[0])
    return [
        region_of(image, box, numbers.index(product))
        for box, product in zip(boxes, picture.classes)
        if product in numbers and min(box[2:] - box[:2]) >= MIN_SIDE_PX
    ]


def _shrunk(image: np.ndarray) -> np.ndarray:
    scale = MAX_PHOTO_PX / max(image.shape[:2])
    return cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image


def _check(names: List[str], train: List[Region]) -> None:
    """Say which products can hardly be learnt; SourceError for one that nothing is left of."""
    counts = np.bincount([region.product for region in train], minlength=len(names))[: len(names)]
    missing = [name for name, count in zip(names, counts) if not count]
    if missing:
        raise SourceError(
            f"nothing to train on of {', '.join(missing[:5])}: all of its boxes are held out or below {MIN_SIDE_PX} "
            "pixels; add pictures, or --leave-out it"
        )
    single = [name for name, count in zip(names, counts) if count == 1]
    if single:
        print(f"a single picture of {_list(single)}: it will be known from that side alone")


def _list(names: List[str], shown: int = 5) -> str:
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
