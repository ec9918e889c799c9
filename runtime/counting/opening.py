"""From --zones to what counts."""

import logging
import os
from typing import Optional, Sequence, Tuple

from runtime.counting.desk import ZonesDesk
from runtime.counting.overlay import CountingOverlay
from runtime.counting.plan import Plan
from runtime.counting.plan_file import check_products, known_names, read_plan
from runtime.errors import UsageError
from runtime.settings import Settings

log = logging.getLogger(__name__)


def open_counting(
    settings: Settings, shapes: Sequence[str], products: Optional[Sequence[str]]
) -> Optional[Tuple[CountingOverlay, ZonesDesk]]:
    """None without --zones. UsageError for a file that makes no sense, or looks for what nothing here is called."""
    path = settings.zones
    if path is None:
        return None
    plan = Plan()
    if os.path.exists(path):
        plan = read_plan(path)
        check_products(plan, known_names(shapes, products))
    else:
        folder = os.path.dirname(os.path.abspath(path))
        if not os.path.isdir(folder):
            raise UsageError("--zones {}: no folder {} (mkdir -p it)".format(path, folder))
        log.info("--zones %s is not there yet: draw it on the page, under Zones", path)
    desk = ZonesDesk(path, plan)
    return CountingOverlay(plan, desk=desk), desk
