"""Products taught on this device: python -m runtime.products add NAME PHOTO..., and more commands"""

import argparse
import contextlib
import os
import sqlite3
import sys
from typing import Any, Dict, Iterator, List, Optional, Sequence

from runtime import shipped
from runtime.bundle import Bundle
from runtime.catalogue.embedder import Embedder
from runtime.catalogue.embedding_again import embed_again
from runtime.catalogue.gallery_in_use import known_of
from runtime.catalogue.likeness import findings, likeness_of
from runtime.catalogue.names import product_name
from runtime.catalogue.photos import cut_out, image_from_jpeg, jpeg_of, read_photo
from runtime.catalogue.place import default_catalogue, make_folder_of
from runtime.catalogue.schema import PRODUCT
from runtime.catalogue.store import Catalogue, NewView, Product
from runtime.command_line.command import exit_status_of
from runtime.errors import CatalogueError, SinkError

PHOTOS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".heic")


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    values = vars(_parser().parse_args(arguments))
    return exit_status_of(lambda: _run(values), target=values["catalogue"])


def _run(values: Dict[str, Any]) -> Optional[int]:
    path = values["catalogue"] or default_catalogue()
    make_folder_of(path)
    catalogue = Catalogue(path)
    try:
        return values["action"](catalogue, values)
    except sqlite3.Error as error:
        raise SinkError("{}: {}".format(path, error)) from error
    finally:
        catalogue.close()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m runtime.products", description="Products taught on this device.")
    parser.add_argument("--catalogue", metavar="FILE", help="the catalogue (default: {})".format(default_catalogue()))
    parser.add_argument(
        "--bundle",
        metavar="DIR",
        default=shipped.REAL,
        help="whose stage 2 looks at the photos (default: {})".format(shipped.REAL),
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.required = True

    def command(name: str, action: Any, told: str) -> argparse.ArgumentParser:
        one = commands.add_parser(name, help=told, description=told)
        one.set_defaults(action=action)
        return one

    add = command("add", _add, "learn a product from photos, or more of its sides")
    add.add_argument("name", metavar="NAME")
    add.add_argument(
        "photos", metavar="PHOTO", nargs="+", help="a photo in which the product fills most of the picture"
    )
    add.add_argument("--more", action="store_true", help="the name is known: these are more views of it")
    add.add_argument(
        "--whole", action="store_true", help="take the photos whole (default: cut out of a plain background)"
    )
    command("list", _list, "the products, with the number of their views")
    rename = command("rename", _rename, "give a product another name")
    rename.add_argument("name", metavar="NAME")
    rename.add_argument("new_name", metavar="NEW")
    command("remove", _remove, "forget a product").add_argument("name", metavar="NAME")
    command("undo", _undo, "take the last change back")
    export = command("export", _export, "write the photos as DIR/NAME/1.jpg, ... (ImageFolder)")
    export.add_argument("folder", metavar="DIR")
    take = command("import", _import, "learn from such a folder; names that are known get more views")
    take.add_argument("folder", metavar="DIR")
    command("check", _check, "what is confused, and what needs more views; exit status 1 where there is something")
    return parser


@contextlib.contextmanager
def _embedder(values: Dict[str, Any], catalogue: Catalogue) -> Iterator[Embedder]:
    embedder = Embedder(Bundle.open(values["bundle"]))
    with contextlib.closing(embedder):
        embed_again(catalogue, embedder, lambda done, total: print("{} of {} photos".format(done, total)))
        yield embedder


def _views(paths: Sequence[str], embedder: Embedder, whole: bool) -> List[NewView]:
    views = []
    for path in paths:
        photo = read_photo(path)
        jpeg = jpeg_of(photo if whole else cut_out(photo))
        views.append(NewView(jpeg, embedder.embed([image_from_jpeg(jpeg)])[0]))
    return views


def _add(catalogue: Catalogue, values: Dict[str, Any]) -> None:
    name = product_name(values["name"])
    with _embedder(values, catalogue) as embedder:
        views = _views(values["photos"], embedder, values["whole"])
        bundle = Bundle.open(values["bundle"])
        known = known_of(bundle.gallery, bundle.products, catalogue.taught(embedder.network))
        if name in known.products and not values["more"]:
            raise CatalogueError(
                "{} is known already: choose another name, or add views to it with --more".format(name)
            )
        catalogue.teach(name, views, embedder.network, "photos", more=values["more"])
        print("{}: {} views learnt".format(name, len(views)))
        like = likeness_of(_stacked(views), bundle.gallery, known, [name])
        if like is not None and like.is_doubtful:
            message = "{} of them look more like {} ({:.2f}): add views that tell them apart"
            print(message.format(like.confused, like.name, like.cosine))


def _stacked(views: Sequence[NewView]) -> Any:
    import numpy as np

    return np.array([view.embedding for view in views])


def _list(catalogue: Catalogue, _: Dict[str, Any]) -> None:
    products = [one for one in catalogue.products() if one.kind == PRODUCT]
    for one in products:
        print("{:5d}  {}".format(one.views, one.name))
    if not products:
        print("nothing was taught yet: python -m runtime.products add NAME PHOTO...")


def _named(catalogue: Catalogue, name: str) -> Product:
    product = catalogue.named(product_name(name))
    if product is None:
        raise CatalogueError("no product {!r} was taught here: list shows those that were".format(name))
    return product


def _rename(catalogue: Catalogue, values: Dict[str, Any]) -> None:
    catalogue.rename(_named(catalogue, values["name"]).id, values["new_name"])


def _remove(catalogue: Catalogue, values: Dict[str, Any]) -> None:
    catalogue.remove(_named(catalogue, values["name"]).id)


def _undo(catalogue: Catalogue, _: Dict[str, Any]) -> None:
    print("undone: {}".format(catalogue.undo()))


def _export(catalogue: Catalogue, values: Dict[str, Any]) -> None:
    folder = values["folder"]
    if os.path.isdir(folder) and os.listdir(folder):
        raise CatalogueError("{} is not empty: name a folder that is, or is not there".format(folder))
    photos = 0
    for one in catalogue.products():
        if one.kind != PRODUCT:
            continue
        os.makedirs(os.path.join(folder, one.name))
        for number, view in enumerate(catalogue.views(one.id), 1):
            with open(os.path.join(folder, one.name, "{}.jpg".format(number)), "wb") as file:
                file.write(catalogue.photo(view))
            photos += 1
    print("{} photos in {}".format(photos, folder))


def _import(catalogue: Catalogue, values: Dict[str, Any]) -> None:
    folder = values["folder"]
    names = sorted(name for name in os.listdir(folder) if os.path.isdir(os.path.join(folder, name)) and name[0] != ".")
    if not names:
        raise CatalogueError("{} holds no folders: expected DIR/NAME/PHOTO.jpg".format(folder))
    with _embedder(values, catalogue) as embedder:
        for name in names:
            inside = os.path.join(folder, name)
            paths = [os.path.join(inside, file) for file in sorted(os.listdir(inside)) if file.lower().endswith(PHOTOS)]
            catalogue.teach(name, _views(paths, embedder, whole=True), embedder.network, "imported", more=True)
            print("{}: {} views learnt".format(name, len(paths)))


def _check(catalogue: Catalogue, values: Dict[str, Any]) -> int:
    bundle = Bundle.open(values["bundle"])
    with _embedder(values, catalogue) as embedder:
        taught = catalogue.taught(embedder.network)
    lines = findings(bundle.gallery, bundle.products, taught)
    for line in lines:
        print(line)
    if not lines:
        print("{} taught, {} of the bundle: all are told apart".format(len(taught), len(bundle.products)))
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
