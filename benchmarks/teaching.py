"""How well new products are named by the number of views that they were taught from: python -m benchmarks.teaching

New products are drawn at random: bodies of the demo, other colours and label art, or with --bodies new bodies and
printed words that no training drew. They are taught from views in some of the demo's held-out scenes and looked for in
others, among the bundle's own products. The accuracy of the bundle's own,
and the share of the demo's strangers that stay unknown, are told before and after.
"""

import argparse
import os
import sys
import time
from typing import Any, Dict, List, NamedTuple, Optional, Tuple

import numpy as np
from tqdm import tqdm

from benchmarks.machine import machine
from benchmarks.scoring.new_products import KINDS
from runtime.bundle import Bundle
from runtime.catalogue.gallery_in_use import known_of
from runtime.catalogue.schema import PRODUCT
from runtime.catalogue.taught import Taught
from runtime.command_line.command import exit_status_of
from runtime.engines.onnx import OnnxEngine
from runtime.figures.report import write_report
from runtime.gallery import Gallery
from runtime.recognition.classifier import Classifier
from runtime.scene.products import OUTSIDERS, PRODUCTS, Product
from runtime.scene.scene import Scene
from runtime.scene.settings import SceneSettings

RES = (640, 480)
VISIBLE = 0.7
"""Of a view; what is hidden further nobody would teach from."""
EVERY_S = 1.5
"""Of scene time between two frames that are looked at."""
NEW, OWN, STRANGE = "new", "own", "strange"


class NewScene(Scene):
    """The demo's scene with other products on its shelves."""

    def __init__(self, settings: SceneSettings, products: List[Product]) -> None:
        super().__init__(settings, RES)
        self._products = products

    def _shown(self, index: int, visit: int) -> Tuple[int, Product]:
        number = (index + visit * (self.settings.products + 1) + self.settings.seed) % len(self._products)
        return number, self._products[number]


class Views(NamedTuple):
    """Of one kind of product, side by side."""

    embeddings: np.ndarray
    """(n, d) float32."""
    products: np.ndarray
    """(n,) int."""


def views_of(classifier: Classifier, products: List[Product], seeds: List[int], seconds: float) -> Views:
    """What stage 2 makes of `products`, well visible, in the held-out scenes of `seeds`."""
    embeddings, numbers = [], []
    for seed in tqdm(seeds, "scenes", unit="scene", disable=None):
        scene = NewScene(SceneSettings(products=8, split="heldout", seed=seed), products)
        for step in range(int(seconds / EVERY_S)):
            image, truth = scene.render(step * EVERY_S)
            seen = truth.visible > VISIBLE
            embeddings.append(classifier.embed(image, truth.boxes_px[seen]))
            numbers.append(truth.products[seen])
    return Views(np.concatenate(embeddings), np.concatenate(numbers))


def taught_from(views: Views, count: int, each: int, rng: np.random.RandomState) -> List[Taught]:
    """Each of `count` products from `each` of its views, drawn at random."""
    taught = []
    for number in range(count):
        rows = np.flatnonzero(views.products == number)
        chosen = views.embeddings[rng.permutation(rows)[:each]]
        if len(chosen):
            taught.append(Taught("new {}".format(number), PRODUCT, chosen))
    return taught


def scores(bundle: Bundle, taught: List[Taught], new: Views, own: Views, strange: Views) -> Dict[str, float]:
    """Shares 0..1 of views named right."""
    known = known_of(bundle.gallery, bundle.products, taught)
    numbers = {name: number for number, name in enumerate(known.products)}
    wanted = np.array([numbers.get("new {}".format(one), -9) for one in new.products])
    nearest = known.gallery.products[new.embeddings.dot(known.gallery.prototypes.T).argmax(axis=1)]
    return {
        "top1": float((nearest == wanted).mean()),
        "named": float((known.gallery.name(new.embeddings, False).products == wanted).mean()),
        "own": float((known.gallery.name(own.embeddings, False).products == own.products).mean()),
        "strangers_unknown": float((known.gallery.name(strange.embeddings, False).products < 0).mean()),
    }


def naming_ms(bundle: Bundle, taught: int, most: int, crops: int = 8) -> float:
    """Median time of naming 8 crops with `taught` products of `most` prototypes each beside the bundle's."""
    rng = np.random.RandomState(0)
    side = bundle.gallery.prototypes.shape[1]
    rows = _unit(rng.normal(size=(taught * most, side)))
    owners = np.repeat(np.arange(taught, dtype=np.int32) + len(bundle.products), most)
    gallery = Gallery(
        np.asfortranarray(np.concatenate([bundle.gallery.prototypes, rows])),  # as known_of does
        np.concatenate([bundle.gallery.products, owners]),
        bundle.gallery.threshold,
    )
    embeddings = _unit(rng.normal(size=(crops, side)))
    scratch = np.empty((crops, len(gallery.prototypes)), np.float32)  # as the loop has it
    times_s = []
    for _ in range(60):
        began_s = time.perf_counter()
        gallery.name(embeddings, True, scratch)
        times_s.append(time.perf_counter() - began_s)
    return 1e3 * float(np.median(times_s))


def _unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def measure(own: argparse.Namespace) -> Dict[str, Any]:
    """By number of views: mean and spread over the seeds of drawing them."""
    bundle = Bundle.open(own.bundle)
    products = KINDS[own.bodies](own.products, own.seed)
    with OnnxEngine(bundle.classifier, 1) as engine:
        classifier = Classifier(engine, bundle.gallery, bundle.crop_size, bundle.crop_margin)
        shelf = views_of(classifier, products, list(range(301, 301 + own.scenes)), own.seconds)
        new = views_of(classifier, products, list(range(401, 401 + own.scenes)), own.seconds)
        ours = views_of(classifier, list(PRODUCTS), list(range(501, 501 + own.scenes)), own.seconds)
        strange = views_of(classifier, list(OUTSIDERS), list(range(601, 601 + max(1, own.scenes // 2))), own.seconds)
    ours = Views(ours.embeddings, np.array([bundle.products.index(PRODUCTS[one].name) for one in ours.products]))
    rows = []
    for each in own.views:
        drawn = [
            scores(bundle, taught_from(shelf, own.products, each, np.random.RandomState(seed)), new, ours, strange)
            for seed in range(own.draws)
        ]
        row: Dict[str, Any] = {"views": each}
        for key in drawn[0]:
            values = [one[key] for one in drawn]
            row[key] = {"mean": round(float(np.mean(values)), 4), "std": round(float(np.std(values)), 4)}
        rows.append(row)
    return {
        "looks": {"taught": len(shelf.products), "new": len(new.products), "own": len(ours.products),
                  "strangers": len(strange.products)},
        "before": scores(bundle, [], new, ours, strange),
        "rows": rows,
        "naming_8_crops_ms": {"bundle": naming_ms(bundle, 0, 1), "1000 taught of 10": naming_ms(bundle, 1000, 10)},
    }  # fmt: skip


def plot(path: str, report: Dict[str, Any]) -> None:
    """Accuracy against views as PNG. ImportError without matplotlib."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4.2))
    views = [row["views"] for row in report["rows"]]
    for key, label in (
        ("top1", "new: nearest"), ("named", "new: named"), ("own", "the bundle's own: named"),
        ("strangers_unknown", "strangers: unknown"),
    ):  # fmt: skip
        means = [row[key]["mean"] for row in report["rows"]]
        axes.errorbar(views, means, [row[key]["std"] for row in report["rows"]], marker="o", capsize=3, label=label)
    axes.set_xlabel("views taught from")
    axes.set_ylabel("share of looks")
    axes.set_xticks(views)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def _measure(own: argparse.Namespace) -> None:
    report = dict(measure(own), settings=vars(own), machine=machine())
    os.makedirs(own.out, exist_ok=True)
    write_report(os.path.join(own.out, "teaching.json"), report)
    print("views   top-1   named   own     strangers unknown")
    for row in report["rows"]:
        cells = ["{mean:.3f}".format(**row[key]) for key in ("top1", "named", "own", "strangers_unknown")]
        print("{:5d}   {}".format(row["views"], "   ".join(cells)))
    print("before                  {own:.3f}   {strangers_unknown:.3f}".format(**report["before"]))
    try:
        plot(os.path.join(own.out, "teaching.png"), report)
    except ImportError:
        print("no plot: matplotlib is not installed (pip install matplotlib)")


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.teaching", description=(__doc__ or "").split(":")[0])
    parser.add_argument("--bundle", default="demo", metavar="B", help="of the demo's products (demo)")
    parser.add_argument("--products", type=int, default=24, metavar="N", help="new ones (24)")
    parser.add_argument("--bodies", choices=sorted(KINDS), default="known", help="of the new products (known)")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of the new products (0)")
    parser.add_argument("--views", type=int, nargs="+", default=[1, 2, 3, 5, 8, 12], metavar="K", help="taught from")
    parser.add_argument("--draws", type=int, default=5, metavar="N", help="of the views, for the spread (5)")
    parser.add_argument("--scenes", type=int, default=6, metavar="N", help="to teach from, and as many to look in (6)")
    parser.add_argument("--seconds", type=float, default=45.0, metavar="S", help="of each scene (45)")
    parser.add_argument("--out", default="benchmarks/results/teaching", metavar="DIR", help="where to")
    own = parser.parse_args(arguments)
    return exit_status_of(lambda: _measure(own), target=own.out)


if __name__ == "__main__":
    sys.exit(main())
