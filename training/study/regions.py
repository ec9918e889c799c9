"""What a run learns from and is measured on, and the gallery that its crops are matched with."""

from typing import Any, Dict, List, Sequence

from training.stage2.crops import Region
from training.stage2.regions import Regions, collect_regions
from training.study.definitions import Study

GALLERY = 20
"""Crops of each product, of those trained on, that the others are matched with."""


def regions_for(values: Dict[str, Any], study: Study) -> Regions:
    """What one run learns from and is measured on: a fold a seed where the study has folds."""
    regions = collect_regions(values)
    if not study.folds:
        return regions
    from training.stage2.folds import folds_of

    fold_of = folds_of(regions, study.folds, 0)
    held = values["seed"] % study.folds
    parts = ([one for one, fold in zip(regions.train, fold_of) if (fold == held) == is_held] for is_held in (0, 1))
    return Regions(*parts, regions.products, regions.others, [])


def gallery_of(regions: Sequence[Region]) -> List[Region]:
    """GALLERY of each product at most, from all over its pictures."""
    by_product: Dict[int, List[Region]] = {}
    for region in regions:
        by_product.setdefault(region.product, []).append(region)
    return [one for own in by_product.values() for one in own[:: max(1, len(own) // GALLERY)][:GALLERY]]
