"""A gallery from photos, without training: python -m training.gallery PHOTOS --classifier RUN/last.pt --test DIR

Each product's prototype is the mean embedding of its photos and of spoiled copies of them. PHOTOS is a folder a
product, or a file a product; DIR, folders of the same names, says how many are named right. --backbone instead of
--classifier takes a network of timm as it comes from ImageNet: what there is to beat. Without PHOTOS the prototypes are
those that the classifier was trained with.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple

import numpy as np
from tqdm import tqdm

from runtime.command_line.command import exit_status_of
from runtime.errors import MissingPackageError, SourceError, UsageError
from training.data.dataset import write_atomically
from training.data.survey import survey_photos
from training.stage2.crops import SPOILINGS, Region, cut
from training.stage2.regions import whole_picture
from training.stage2.whitening import whitening

MARGIN = 0.0
"""Photos are taken whole."""


class Photos(NamedTuple):
    """Whole photos by product."""

    names: List[str]
    regions: List[Region]


class Embedding(NamedTuple):
    """What turns crops into vectors."""

    network: Any
    """See training.stage2.embedder.Embedder."""
    crop_size: int
    origin: str
    names: List[str]
    prototypes: Optional[np.ndarray]
    """(names, d): the training's own; None of a backbone."""


def read_photos(folder: Path, split: Optional[str] = None, shots: int = 0, seed: int = 0) -> Photos:
    """The photos of `folder`, or of one of its splits; at most `shots` of each product, drawn by chance, 0 = all."""
    found = survey_photos(folder)
    pictures = [picture for picture in found.pictures if split is None or picture.split == split]
    if not pictures:
        raise SourceError(f"{folder} has no split {split}")
    rng = np.random.RandomState(seed)
    kept = []
    for product in range(len(found.names)):
        own = [picture for picture in pictures if picture.product == product]
        rng.shuffle(own)
        kept += own[:shots] if shots else own
    return Photos(found.names, [whole_picture(picture.path, picture.product) for picture in tqdm(kept, "reading")])


def views_of(
    embedding: Embedding, photos: Photos, views: int, spoilings: Sequence[str], seed: int
) -> Tuple[np.ndarray, np.ndarray]:
    """(n, d) float32 vectors of each photo and of `views` spoiled copies of it, and the product (n,) of each."""
    from training.stage2.views import Views, crops_of

    vectors, side = [], embedding.crop_size
    for number, region in enumerate(tqdm(photos.regions, desc="learning", unit="photo", disable=None)):
        whole = cut(region.image, region.box_px, MARGIN, side)[None]
        taken = Views([region], MARGIN, side, "cpu")
        spoiled = crops_of(taken.spoiled(np.zeros(views, np.int64), side, spoilings, seed + number))
        vectors.append(embed(embedding, np.concatenate([whole, spoiled])))
    return np.concatenate(vectors), np.repeat([region.product for region in photos.regions], views + 1)


def prototypes_of(vectors: np.ndarray, products: np.ndarray, count: int) -> np.ndarray:
    """(count, d) float32 of length 1: each product's mean; zeros where it has none."""
    total = np.zeros((count, vectors.shape[1]), np.float32)
    np.add.at(total, products, vectors)
    return of_length_1(total)


def of_length_1(vectors: np.ndarray) -> np.ndarray:
    """Each row; one of zeros stays."""
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def embed(embedding: Embedding, crops: np.ndarray) -> np.ndarray:
    """(n, d) float32 of length 1, of (n, s, s, 3) uint8 BGR."""
    from training.stage2.training import embeddings_of

    return of_length_1(embeddings_of(embedding.network, crops))


def open_embedding(values: Dict[str, Any]) -> Embedding:
    """A training's network, or a backbone as it comes."""
    try:
        from training.stage2.embedder import Features
        from training.stage2.training import load_training
    except ImportError as error:
        raise MissingPackageError(f"this needs {error.name}: pip install '.[training]'") from error
    if values["classifier"]:
        training = load_training(values["classifier"])
        side = training.values["crop_size"]
        return Embedding(training.embedder, side, str(values["classifier"]), training.products, training.prototypes())
    network, origin = Features.of(values["backbone"])
    return Embedding(network, values["crop_size"], f"{values['backbone']}, {origin}", [], None)


class Shelf(NamedTuple):
    """Prototypes by name, in the space that `turn` maps embeddings to."""

    names: List[str]
    prototypes: np.ndarray
    """(names, d)."""
    turn: Optional[np.ndarray] = None
    """(d, d), see training.stage2.whitening; None: as they are."""

    def named(self, vectors: np.ndarray) -> np.ndarray:
        """(n,) int: the nearest prototype of each (n, d) vector."""
        turned = vectors if self.turn is None else vectors @ self.turn
        return (of_length_1(turned) @ self.prototypes.T).argmax(axis=1)


def top1(embedding: Embedding, shelf: Shelf, test: Photos) -> float:
    """Share of the test's photos whose nearest prototype bears their name; SourceError where no name is known."""
    names, prototypes = shelf.names, shelf.prototypes
    number_of = {name: number for number, name in enumerate(names) if prototypes[number].any()}
    known = [region for region in test.regions if test.names[region.product] in number_of]
    if not known:
        raise SourceError(f"none of the test's names is among the photos': {', '.join(test.names[:5])}, ...")
    if len(known) < len(test.regions):
        print(f"{len(test.regions) - len(known)} photos of products that no photo was given of are left out")
    crops = np.stack([cut(region.image, region.box_px, MARGIN, embedding.crop_size) for region in known])
    named = shelf.named(embed(embedding, crops))
    return float((named == [number_of[test.names[region.product]] for region in known]).mean())


def make_gallery(values: Dict[str, Any]) -> Dict[str, Any]:
    """The command's work; what it prints. Raises ShelfsightError."""
    from export.bundle import write_gallery

    embedding = open_embedding(values)
    result: Dict[str, Any] = {"network": embedding.origin}
    if values["photos"]:
        photos = read_photos(values["photos"], values["split"], values["shots"], values["seed"])
        vectors, products = views_of(embedding, photos, values["views"], values["augment"], values["seed"])
        turn = whitening(vectors, products, values["whiten"]) if values["whiten"] is not None else None
        turned = vectors if turn is None else vectors @ turn
        shelf = Shelf(photos.names, prototypes_of(turned, products, len(photos.names)), turn)
        result.update(photos=len(photos.regions), views=values["views"], whiten=values["whiten"])
    elif embedding.prototypes is None:
        raise UsageError("a backbone as it comes has no prototypes of its own: give PHOTOS")
    else:
        shelf = Shelf(embedding.names, embedding.prototypes)
    names, prototypes = shelf.names, shelf.prototypes
    result["products"] = int(prototypes.any(axis=1).sum())
    if values["test"]:
        result["top1"] = round(top1(embedding, shelf, read_photos(values["test"])), 4)
    if values["out"]:
        values["out"].mkdir(parents=True, exist_ok=True)
        shown = np.flatnonzero(prototypes.any(axis=1))
        write_gallery(str(values["out"] / "gallery.npz"), prototypes[shown], np.arange(len(shown)))
        lines = "".join(names[number] + "\n" for number in shown)
        write_atomically(values["out"] / "products.txt", lines.encode())
    return result


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    parser = argparse.ArgumentParser(prog="python -m training.gallery", description="A gallery from photos.")
    parser.add_argument(
        "photos", nargs="?", type=Path, metavar="PHOTOS", help="a folder a product, or a file a product"
    )
    parser.add_argument("--split", metavar="S", help="of PHOTOS' own splits (all of them)")
    parser.add_argument("--shots", type=int, default=0, metavar="K", help="photos of each product at most (all)")
    parser.add_argument("--views", type=int, default=16, metavar="N", help="spoiled copies of each photo (16)")
    parser.add_argument(
        "--augment", nargs="*", default=["tilt", "light", "blur", "zoom", "flip"], choices=SPOILINGS, metavar="NAME",
        help=f"how, of {', '.join(SPOILINGS)} (tilt light blur zoom flip)",
    )  # fmt: skip
    parser.add_argument(
        "--whiten", type=float, metavar="S", help="turn embeddings so that photos of a product lie close, 0..1; try 0.3"
    )
    network = parser.add_mutually_exclusive_group(required=True)
    network.add_argument("--classifier", type=Path, metavar="last.pt", help="of python -m training.classifier")
    network.add_argument("--backbone", metavar="NAME", help="of timm, as it comes from ImageNet")
    parser.add_argument("--crop-size", type=int, default=224, metavar="PX", help="with --backbone (224)")
    parser.add_argument("--test", type=Path, metavar="DIR", help="photos to name: a folder a product")
    parser.add_argument("--out", type=Path, metavar="DIR", help="gets gallery.npz and products.txt")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of all that is drawn by chance (0)")
    values = vars(parser.parse_args(arguments))
    return exit_status_of(lambda: _make(values), target=values["out"])


def _make(values: Dict[str, Any]) -> None:
    if values["shots"] < 0 or values["views"] < 0 or values["crop_size"] < 32:
        raise UsageError("--shots and --views must be at least 0, --crop-size 32")
    if values["whiten"] is not None and not 0 < values["whiten"] <= 1:
        raise UsageError(f"--whiten {values['whiten']}: expected a share above 0, up to 1; 0.3 is a good one")
    if values["whiten"] is not None and (values["out"] or not values["photos"]):
        raise UsageError("--whiten measures what PHOTOS are worth: no bundle holds such a gallery, so leave out --out")
    print(json.dumps(make_gallery(values)))


if __name__ == "__main__":
    sys.exit(main())
