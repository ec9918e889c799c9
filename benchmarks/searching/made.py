"""Made-up videos on disk, each with a note of what it was made of and what appears in it: made once, used again."""

from __future__ import annotations

import json
import os
from typing import Any, NamedTuple

from benchmarks.scoring.appearances import Stretch
from benchmarks.stand_ins.review_videos import Material, write_review_video


class Made(NamedTuple):
    """Videos and the truth."""

    videos: list[str]
    """Absolute paths."""
    truth: list[Stretch]


def made(folder: str, seeds: list[int], seconds: float, material: Material) -> Made:
    """One video a seed in `folder`. Written anew where its note tells of something else."""
    os.makedirs(folder, exist_ok=True)
    videos, truth = [], []
    for seed in seeds:
        path = os.path.abspath(os.path.join(folder, f"{seed}.mp4"))
        videos.append(path)
        truth += [Stretch(path, *span) for span in _spans(path, seed, seconds, material)]
    return Made(videos, truth)


def _spans(path: str, seed: int, seconds: float, material: Material) -> list[list[Any]]:
    note = os.path.splitext(path)[0] + ".json"
    made_of = ingredients(seconds, material)
    if os.path.exists(path) and os.path.exists(note):
        with open(note, encoding="utf-8") as file:
            known = json.load(file)
        if isinstance(known, dict) and known.get("made_of") == made_of:
            return known["spans"]
        os.remove(note)
    spans = [list(span) for span in write_review_video(path, seed, seconds, material)]
    with open(note, "w", encoding="utf-8") as file:
        json.dump({"made_of": made_of, "spans": spans}, file)
    return spans


def ingredients(seconds: float, material: Material) -> dict[str, Any]:
    """All that a video depends on beside its seed, as JSON has it."""
    return {
        "seconds": seconds,
        "footage": [[os.path.basename(one), os.path.getsize(one)] for one in material.footage],
        "photos": [os.path.basename(one.path) for one in material.photos],
        "strangers": material.strangers,
        "fps": material.fps,
    }
