"""From --shelf to what watches."""

import logging
import os
from typing import Optional, Sequence, Tuple

from runtime.errors import UsageError
from runtime.settings import Settings
from runtime.shelf.desk import ShelfDesk
from runtime.shelf.layout_file import check_products, read_layout
from runtime.shelf.overlay import ShelfOverlay

log = logging.getLogger(__name__)


def open_shelf(settings: Settings, products: Optional[Sequence[str]]) -> Optional[Tuple[ShelfOverlay, ShelfDesk]]:
    """None without --shelf. UsageError for a file that makes no sense, or is for products that nobody knows here."""
    path = settings.shelf
    if path is None:
        return None
    if products is None:
        raise UsageError("--shelf needs products, which stage 2 names: give a --bundle")
    if not os.path.exists(path) and not path.lower().endswith(".csv"):
        folder = os.path.dirname(os.path.abspath(path))
        if not os.path.isdir(folder):
            raise UsageError("--shelf {}: no folder {} (mkdir -p it)".format(path, folder))
        log.info("--shelf %s is not there yet: teach it on the page, under Shelf", path)
        desk = ShelfDesk(path)
        return ShelfOverlay(None, desk), desk
    layout = read_layout(path)
    check_products(layout, products)
    desk = ShelfDesk(path, layout.picture)
    return ShelfOverlay(layout, desk), desk
