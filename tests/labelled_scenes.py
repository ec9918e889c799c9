"""Data sets of pictures that the bundle of tests/tiny_bundle.py names right."""

import cv2
from tiny_bundle import SIDE, scene


def write_data(folder, names, *pictures, group=""):
    """`pictures`: lists of (class, block of tiny_bundle.scene, whether it is drawn)."""
    images, labels = folder / "images" / group, folder / "labels" / group
    images.mkdir(parents=True)
    labels.mkdir(parents=True)
    (folder / "classes.txt").write_text("\n".join(names))
    for number, blocks in enumerate(pictures):
        drawn = [block for _, block, is_drawn in blocks if is_drawn]
        cv2.imwrite(str(images / "{}.png".format(number)), scene(*drawn))
        lines = []
        for name, (x, y, (w, h), _), _ in blocks:
            lines.append("{} {} {} {} {}\n".format(names.index(name), x / SIDE, y / SIDE, w / SIDE, h / SIDE))
        (labels / "{}.txt".format(number)).write_text("".join(lines))
    return folder
