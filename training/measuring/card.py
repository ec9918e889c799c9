"""The table of a bundle's model card, from what bundle.json says was measured."""

from typing import Any, Dict, List, Optional

HEADING = (
    "scenes", "size", "pictures", "boxes", "AP50 by shape", "AP50, any shape", "top-1", "F1", "known lost", "rejected"
)  # fmt: skip


def accuracy_table(description: Dict[str, Any]) -> str:
    """Markdown: a line for each group of pictures and size in `description["accuracy"]`, "GROUP at SIZE"."""
    lines = [_line(HEADING), _line(["---"] * len(HEADING))]
    for key, scores in description["accuracy"].items():
        group, size = key.split(" at ")
        by_shape = list(scores["ap50_by_shape"].values())
        mean = sum(by_shape) / len(by_shape) if by_shape else None
        shares = [mean] + [scores[name] for name in ("ap50", "top1", "f1", "known_lost", "unknown_rejected")]
        counts = [str(scores["images"]), str(scores["boxes"])]
        lines.append(_line([group, size] + counts + [_share(value) for value in shares]))
    return "\n".join(lines) + "\n"


def _line(cells: List[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _share(value: Optional[float]) -> str:
    return "" if value is None else f"{value:.3f}"
