"""data.yaml of a set with images/train and images/val, as Ultralytics and benchmarks.scoring.yolo_names read it."""

from typing import List


def data_yaml(names: List[str]) -> str:
    """Its text. Names stand in single quotes, in which YAML escapes nothing but the quote itself."""
    quoted = ["'" + name.replace("'", "''") + "'" for name in names]
    lines = ["train: images/train", "val: images/val", "names:"]
    return "\n".join(lines + [f"  {number}: {name}" for number, name in enumerate(quoted)]) + "\n"
