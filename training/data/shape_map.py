"""Which shape each product has, from a table that somebody wrote: lines of `product,shape`."""

import csv
from pathlib import Path
from typing import Dict, List

from runtime.errors import UsageError

HEADING = ["product", "shape"]


def read_shape_map(path: Path, names: List[str]) -> Dict[str, str]:
    """The shape of each of `names`; UsageError, with the line, for what is wrong or missing."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            rows = [(number, row) for number, row in enumerate(csv.reader(file), 1) if any(map(str.strip, row))]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"--shapes {path}: cannot read it as a table ({error})") from error
    shapes: Dict[str, str] = {}
    for number, row in rows:
        cells = [cell.strip() for cell in row]
        if number == rows[0][0] and [cell.lower() for cell in cells] == HEADING:
            continue
        if len(cells) != 2 or not all(cells):
            raise UsageError(f"{path}, line {number}: {','.join(row)!r}, expected product,shape")
        product, shape = cells
        if product not in names:
            raise UsageError(f"{path}, line {number}: no product {product!r} in the data set; it has {_some(names)}")
        if shapes.get(product, shape) != shape:
            raise UsageError(f"{path}, line {number}: {product!r} is {shapes[product]!r} further up")
        shapes[product] = shape
    missing = [name for name in names if name not in shapes]
    if missing:
        raise UsageError(f"{path} gives no shape to {_some(missing)}: add a line product,shape for each")
    return shapes


def _some(names: List[str], shown: int = 5) -> str:
    return ", ".join(names[:shown]) + (f" and {len(names) - shown} more" if len(names) > shown else "")
