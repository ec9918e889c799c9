"""From --zones to what counts."""

from typing import List, Optional, Sequence

from runtime.counting.overlay import CountingOverlay
from runtime.counting.plan_file import check_products, read_plan
from runtime.picture.overlay import Overlay
from runtime.settings import Settings


def open_counting(settings: Settings, shapes: Sequence[str], products: Optional[Sequence[str]]) -> List[Overlay]:
    """None without --zones. UsageError for a file that makes no sense, or looks for what nothing here is called."""
    if settings.zones is None:
        return []
    plan = read_plan(settings.zones)
    known = list(products or ()) + list(shapes) + ["unknown {}".format(shape) for shape in shapes]
    check_products(plan, known)
    return [CountingOverlay(plan)]
