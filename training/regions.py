"""What stage 2 is trained and measured on: the boxes of a data set, cut out of its pictures."""

import os
from typing import Any, Dict, List, NamedTuple

from tqdm import tqdm

from benchmarks.yolo_labels import LabelledPicture
from runtime.errors import SourceError, UsageError
from training.crops import Region, region_of
from training.dataset import open_data_set, read_picture
from training.stage1_data import VALIDATION_SHARE

MIN_SIDE_PX = 8
"""Boxes with a shorter side are left out of the training: nothing is to be read on them."""


class Regions(NamedTuple):
    """What is trained on, and what is measured on."""

    train: List[Region]
    val: List[Region]
    products: List[str]
    others: List[str]
    """Names; Region.product is an index into both, one after the other."""


def collect_regions(values: Dict[str, Any]) -> Regions:
    """Cut the boxes of a data set out of its pictures; the last pictures of each folder are for validation.

    The products are those that have a box in `values["groups"]`, less `values["leave_out"]`, in the order of the names;
    the others have one in `values["also"]` only. Raises ShelfsightError for a data set that cannot be trained on.
    """
    data = open_data_set(values["data"], values["groups"])
    also = open_data_set(values["data"], values["also"]).pictures if values["also"] else []
    unknown = sorted(set(values["leave_out"]) - set(data.names))
    if unknown:
        raise UsageError(f"--leave-out {', '.join(unknown)}: no such names in {values['data']}")
    left_out = {data.names.index(name) for name in values["leave_out"]}
    products = sorted(_present(data.pictures) - left_out)
    if len(products) < 2:
        raise SourceError(f"{data.folder} has boxes of {len(products)} products: at least 2 are needed")
    others = sorted(_present(also) - left_out - set(products))
    pictures = data.pictures + also
    step = max(1, round(sum(len(picture.classes) for picture in pictures) / values["limit"]))
    train: List[Region] = []
    val: List[Region] = []
    for position, picture in enumerate(tqdm(pictures, desc="cutting regions", unit="picture", disable=None)):
        if is_for_validation(pictures, position):
            val.extend(_regions(picture, products + others))
        elif position % step == 0:
            train.extend(_regions(picture, products + others))
    return Regions(train, val, *([data.names[number] for number in numbers] for numbers in (products, others)))


def _present(pictures: List[LabelledPicture]) -> set:
    return {int(number) for picture in pictures for number in picture.classes}


def is_for_validation(pictures: List[LabelledPicture], position: int) -> bool:
    """The last pictures of the whole list and of each folder, in whole scenes."""
    folder = os.path.dirname(pictures[position].path)
    ahead = min(position + max(1, int(len(pictures) * VALIDATION_SHARE / 2)), len(pictures))
    return ahead == len(pictures) or os.path.dirname(pictures[ahead].path) != folder


def _regions(picture: LabelledPicture, numbers: List[int]) -> List[Region]:
    image = read_picture(picture.path)
    boxes = picture.boxes_px(image.shape[1], image.shape[0])
    return [
        region_of(image, box, numbers.index(product))
        for box, product in zip(boxes, picture.classes)
        if product in numbers and min(box[2:] - box[:2]) >= MIN_SIDE_PX
    ]
