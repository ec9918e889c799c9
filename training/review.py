"""Where a bundle is right and wrong, to look at: python -m training.review --bundle B --data SET --split val --out DIR

DIR/products.md    of each product: boxes, top-1, precision, recall, F1, and what it is taken for
DIR/confusion.png  true products against nearest ones, each row a share of its boxes
DIR/right.png      crops that are named right, the least certain first
DIR/wrong.png      crops that are named wrong, the most certain first
"""

import argparse
import sys
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional

import numpy as np

from benchmarks.scoring.matching import Found, Truth, hits
from runtime.assembly import SHIPPED_BUNDLE
from runtime.bundle import Bundle
from runtime.command_line.command import exit_status_of
from runtime.errors import MissingPackageError, SourceError
from runtime.frame import UNKNOWN
from training.data.contact_sheet import crop_sheet
from training.data.dataset import DataSet, open_data_set, read_picture
from training.evaluate import How, Seen, look
from training.stage2.crops import cut

SHOWN = 60
"""Crops on a sheet."""
CROP_PX = 112


class Named(NamedTuple):
    """One true box of a product that the bundle knows, and what stage 2 makes of it."""

    picture: str
    box_px: np.ndarray
    product: int
    nearest: int
    similarity: float


def named_boxes(data: DataSet, seen: List[Seen]) -> List[Named]:
    """The boxes of all pictures, in their order."""
    return [
        Named(picture.path, box, int(product), int(nearest), float(similarity))
        for picture, each in zip(data.pictures, seen)
        for box, product, nearest, similarity in zip(
            each.truth.boxes_px, each.products, each.nearest, each.similarities
        )
        if product != UNKNOWN
    ]


def confusion(named: List[Named], products: int) -> np.ndarray:
    """(products, products): how often each (row) is nearest to each (column)."""
    try:
        import torch
        from torchmetrics.classification import MulticlassConfusionMatrix
    except ImportError as error:
        raise MissingPackageError(f"this needs {error.name}: pip install '.[training]'") from error
    matrix = MulticlassConfusionMatrix(products)
    nearest, true = ([getattr(each, key) for each in named] for key in ("nearest", "product"))
    return matrix(torch.tensor(nearest), torch.tensor(true)).numpy()


def draw_confusion(matrix: np.ndarray, names: List[str], out: Path) -> None:
    """A PNG; each row as a share of its sum."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    side = 3 + 0.32 * len(names)
    figure, axes = pyplot.subplots(figsize=(side, side), layout="constrained")
    shares = matrix / np.maximum(matrix.sum(axis=1, keepdims=True), 1)
    image = axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    for row, column in zip(*np.nonzero(shares >= 0.01)):
        colour = "white" if shares[row, column] > 0.5 else "black"
        axes.text(column, row, f"{100 * shares[row, column]:.0f}", ha="center", va="center", color=colour, fontsize=7)
    axes.set_xticks(range(len(names)), names, rotation=90)
    axes.set_yticks(range(len(names)), names)
    axes.set_xlabel("named (nearest product), % of the row")
    axes.set_ylabel("true product")
    figure.colorbar(image, ax=axes, shrink=0.6)
    figure.savefig(out, dpi=90)
    pyplot.close(figure)


def product_table(bundle: Bundle, seen: List[Seen], matrix: np.ndarray) -> str:
    """Markdown, the products with the lowest F1 first. Precision, recall, F1: both stages, the bundle's thresholds."""
    rows = []
    for product, name in enumerate(bundle.products):
        right = claimed = boxes = 0
        for each in seen:
            claims = (each.sure_similarities >= bundle.gallery.threshold) & (each.sure.classes == product)
            found = Found(each.sure.boxes_px[claims], each.sure.scores[claims], each.sure.classes[claims])
            ours = each.products == product
            right += int((hits(found, Truth(each.truth.boxes_px[ours], each.products[ours])) >= 0).sum())
            claimed += int(claims.sum())
            boxes += int(ours.sum())
        if boxes:
            rows.append((2 * right / (claimed + boxes), right / max(claimed, 1), right / boxes, boxes, product, name))
    lines = [
        "| product | boxes | top-1 | precision | recall | F1 | most often taken for |",
        "|---|---|---|---|---|---|---|",
    ]
    for f1, precision, recall, boxes, product, name in sorted(rows):
        others = matrix[product] * (np.arange(len(matrix)) != product)
        mistaken = f"{bundle.products[others.argmax()]} ({others.max()})" if others.any() else ""
        top1 = matrix[product, product] / boxes
        lines.append(f"| {name} | {boxes} | {top1:.3f} | {precision:.3f} | {recall:.3f} | {f1:.3f} | {mistaken} |")
    return "\n".join(lines) + "\n"


def sheets(named: List[Named], names: List[str], margin: float) -> Dict[str, np.ndarray]:
    """right.png and wrong.png, (H, W, 3) uint8 BGR, where there is something to show. `margin`: the bundle's."""
    right = sorted((each for each in named if each.nearest == each.product), key=lambda each: each.similarity)
    wrong = sorted((each for each in named if each.nearest != each.product), key=lambda each: -each.similarity)
    made = {}
    for name, chosen in (("right.png", right[:SHOWN]), ("wrong.png", wrong[:SHOWN])):
        tiles = [
            (
                names[each.product]
                if each.nearest == each.product
                else f"{names[each.product]} > {names[each.nearest]}",
                cut(read_picture(each.picture), each.box_px, margin, CROP_PX),
            )
            for each in chosen
        ]
        if tiles:
            made[name] = crop_sheet(tiles)
    return made


def review(values: Dict[str, Any]) -> None:
    """Write everything. Raises ShelfsightError."""
    import cv2

    bundle = Bundle.open(values["bundle"])
    data = open_data_set(values["data"], [values["split"]] if values["split"] else None)
    seen = list(look(bundle, data, How(values["size"], values["threads"])))
    named = named_boxes(data, seen)
    if not named:
        raise SourceError(f"{values['data']} has no box of a product of {values['bundle']}: the names do not match")
    out: Path = values["out"]
    out.mkdir(parents=True, exist_ok=True)
    matrix = confusion(named, len(bundle.products))
    (out / "products.md").write_text(product_table(bundle, seen, matrix), encoding="utf-8")
    draw_confusion(matrix, bundle.products, out / "confusion.png")
    for name, sheet in sheets(named, bundle.products, bundle.crop_margin).items():
        cv2.imwrite(str(out / name), sheet)
    print(f"{out}: {len(named)} boxes, {np.trace(matrix) / matrix.sum():.3f} named right")


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m training.review", description="Where a bundle is right and wrong, to look at."
    )
    parser.add_argument("--bundle", default=SHIPPED_BUNDLE, metavar="B", help="a folder, demo or groceries (demo)")
    parser.add_argument("--data", required=True, type=Path, metavar="SET", help="images/, labels/ and names")
    parser.add_argument("--split", metavar="S", help="a folder below images/ (all pictures)")
    parser.add_argument("--size", type=int, metavar="N", help="side of the detector's input in pixels (the bundle's)")
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="where the table and pictures go")
    parser.add_argument("--threads", type=int, default=2, metavar="N", help="of the networks (2)")
    values = vars(parser.parse_args(arguments))
    return exit_status_of(lambda: review(values), target=values["out"])


if __name__ == "__main__":
    sys.exit(main())
