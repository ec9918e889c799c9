"""Put a bundle together: python -m export.bundle --detector D.onnx --classifier C.onnx ... --out DIR

Or one that knows what was taught on a device: python -m export.bundle --from demo --with-catalogue FILE --out DIR
"""

import argparse
import contextlib
import json
import os
import shutil
import sys
import tempfile
from typing import Any, Dict, List, Optional, Sequence

import numpy as np

from runtime.bundle import DESCRIPTION, FILES, FORMAT, Bundle, sha256_of
from runtime.catalogue.embedder import Embedder
from runtime.catalogue.embedding_again import embed_again
from runtime.catalogue.gallery_in_use import known_of
from runtime.catalogue.place import default_catalogue
from runtime.catalogue.schema import PRODUCT
from runtime.catalogue.store import Catalogue
from runtime.command_line.command import exit_status_of
from runtime.errors import BundleError, CatalogueError, UsageError
from runtime.gallery import Known


def write_gallery(
    path: str, prototypes: np.ndarray, products: np.ndarray, thresholds: Optional[np.ndarray] = None
) -> None:
    """Save prototypes (p, d), scaled to length 1, with the product (p,) each stands for, as a gallery.npz.

    `thresholds`: (p,) of each its own, where they are not all the bundle's.
    """
    lengths = np.linalg.norm(prototypes, axis=1, keepdims=True)
    if not np.all(np.isfinite(lengths)) or np.any(lengths <= 0):
        raise BundleError("a prototype of length 0 or not finite: expected vectors that point somewhere")
    arrays = {"prototypes": (prototypes / lengths).astype(np.float32), "products": np.asarray(products, np.int32)}
    if thresholds is not None:
        arrays["thresholds"] = np.asarray(thresholds, np.float32)
    np.savez(path, **arrays)


def write_parity(path: str, frames: Sequence[np.ndarray]) -> None:
    """Save sample frames, each (H, W, 3) uint8 BGR and all of one size, as a parity.npz."""
    stacked = np.stack(frames)
    if stacked.dtype != np.uint8 or stacked.ndim != 4 or stacked.shape[3] != 3:
        raise BundleError("parity frames are {} {}: expected uint8 (n, H, W, 3)".format(stacked.dtype, stacked.shape))
    np.savez_compressed(path, frames=stacked)


def assemble_bundle(out: str, files: Dict[str, str], description: Dict[str, Any], replace: bool = False) -> Bundle:
    """Copy `files` (each of runtime.bundle.FILES: its path) to the folder `out`, with `description` and their hashes.

    `description` holds name, shapes, products, detector {size, min_score, iou}, classifier {crop_size, crop_margin,
    threshold} and whatever else is worth knowing (trained_on, accuracy). The result is opened and checked before it
    takes its place: `out` is whole or not there. Raises BundleError.
    """
    missing = [name for name in FILES if not os.path.isfile(files.get(name, ""))]
    if missing:
        raise BundleError("these files of the bundle are missing: {}".format(", ".join(missing)))
    if os.path.exists(out) and not replace:
        raise BundleError("{} exists: give another --out, or --replace it".format(out))
    parent = os.path.dirname(os.path.abspath(out))
    os.makedirs(parent, exist_ok=True)
    staging = tempfile.mkdtemp(dir=parent, prefix=".bundle-")
    try:
        for name in FILES:
            shutil.copyfile(files[name], os.path.join(staging, name))
        hashes = {name: sha256_of(os.path.join(staging, name)) for name in FILES}
        with open(os.path.join(staging, DESCRIPTION), "w", encoding="utf-8") as file:
            json.dump(dict(description, format=FORMAT, sha256=hashes), file, indent=2, ensure_ascii=False)
            file.write("\n")
        Bundle.open(staging)
        os.chmod(staging, 0o755)
        if os.path.exists(out):
            shutil.rmtree(out)
        os.rename(staging, out)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        raise
    return Bundle.open(out)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m export.bundle", description="Put a bundle together and check it.")
    for name in FILES:
        flag = "--" + name.split(".")[0]
        parser.add_argument(flag, metavar="FILE", help="becomes {} of the bundle".format(name))
    parser.add_argument(
        "--description",
        metavar="FILE.json",
        help="name, shapes, products, detector {size, min_score, iou}, classifier {crop_size, crop_margin, threshold}; "
        "the hashes are added",
    )
    parser.add_argument("--from", dest="origin", metavar="BUNDLE", help="take all of that from a bundle instead")
    parser.add_argument(
        "--with-catalogue",
        dest="catalogue",
        metavar="FILE",
        nargs="?",
        const=default_catalogue(),
        help="with the products of a catalogue in it (default: {}); goes with --from".format(default_catalogue()),
    )
    parser.add_argument("--out", required=True, metavar="DIR", help="the folder to make")
    parser.add_argument("--replace", action="store_true", help="take the place of an existing folder")
    return parser


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    values = vars(_parser().parse_args(arguments))
    return exit_status_of(lambda: _assemble(values), target=values["out"])


def _assemble(values: Dict[str, Any]) -> None:
    own = ["--" + name.split(".")[0] for name in FILES] + ["--description"]
    given = [flag for flag in own if values[flag[2:]] is not None]
    if values["origin"] is not None:
        if given:
            raise UsageError("--from takes the place of {}".format(", ".join(given)))
        bundle = _assemble_from(values)
    elif values["catalogue"] is not None:
        raise UsageError("--with-catalogue needs the bundle that it is beside: --from BUNDLE")
    elif len(given) < len(own):
        missing = [flag for flag in own if flag not in given]
        raise UsageError("{} missing: or take a whole bundle with --from".format(", ".join(missing)))
    else:
        bundle = _assemble_of_files(values)
    print("{}: {} shapes, {} products".format(values["out"], len(bundle.shapes), len(bundle.products)))


def _assemble_from(values: Dict[str, Any]) -> Bundle:
    """Of a bundle's files, its gallery with what was taught beside it."""
    bundle = Bundle.open(values["origin"])
    with open(os.path.join(bundle.folder, DESCRIPTION), encoding="utf-8") as file:
        description = json.load(file)
    known = Known(bundle.gallery, bundle.products)
    if values["catalogue"] is not None:
        known = _with_catalogue(bundle, values["catalogue"])
        description["products"] = list(known.products)
        # the accuracy in it was measured without them
        description["taught"] = [name for name in known.products if name not in bundle.products]
    files = {name: os.path.join(bundle.folder, name) for name in FILES}
    with tempfile.TemporaryDirectory() as folder:
        files["gallery.npz"] = os.path.join(folder, "gallery.npz")
        write_gallery(files["gallery.npz"], known.gallery.prototypes, known.gallery.products, known.gallery.thresholds)
        return assemble_bundle(values["out"], files, description, values["replace"])


def _with_catalogue(bundle: Bundle, path: str) -> Known:
    """What is not to be named stays behind: a bundle's gallery has names alone."""
    if not os.path.isfile(path):
        raise CatalogueError("no catalogue at {}: name the file that a device keeps".format(path))
    catalogue, embedder = Catalogue(path), Embedder(bundle)
    with contextlib.closing(catalogue), contextlib.closing(embedder):
        embed_again(catalogue, embedder, lambda done, total: print("{} of {} photos".format(done, total)))
        taught = [one for one in catalogue.taught(embedder.network) if one.kind == PRODUCT]
    return known_of(bundle.gallery, bundle.products, taught)


def _assemble_of_files(values: Dict[str, Any]) -> Bundle:
    try:
        with open(values["description"], encoding="utf-8") as file:
            description = json.load(file)
    except ValueError as error:
        raise BundleError("cannot read {} as JSON: {}".format(values["description"], error)) from error
    files = {name: values[name.split(".")[0]] for name in FILES}
    return assemble_bundle(values["out"], files, description, values["replace"])


if __name__ == "__main__":
    sys.exit(main())
