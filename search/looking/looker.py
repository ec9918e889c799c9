"""A piece of a video looked through: decoded, sampled, detected, tracked, embedded, named, by the runtime's stages."""

from __future__ import annotations

import threading
import time
from typing import NamedTuple

import cv2

from runtime.bundle import Bundle
from runtime.frame import Frame
from runtime.history.sighting import Sighting
from runtime.settings import Settings
from runtime.sides import Res
from runtime.sources.source import Source
from runtime.stages import Stages
from search.looking.certain import certain_margins
from search.looking.following import Following, FollowingPolicy
from search.looking.sampling import Sampler, SamplingPolicy
from search.videos.decoding import Picture, Pictures
from search.videos.pieces import Piece

NAMING_EVERY = FollowingPolicy(ask_every=1, max_missed=15)
"""Where every picture is inferred on."""

SURE = 0.5
"""Of the way from the bundle's least score to 1: what stage 1 must reach once for a name."""


class Request(NamedTuple):
    """With what a worker looks; plain values, so that they travel."""

    bundle: str
    size: int | None = None
    engine: str = "auto"
    policy: SamplingPolicy = SamplingPolicy()


class Look(NamedTuple):
    """What is in a piece."""

    sightings: list[Sighting]
    """Times from the video's first picture."""
    frames: int
    """In the video."""
    inferred: int
    """Shown to stage 1."""
    filmed_s: float
    """How long the piece is."""
    decode_s: float
    detect_s: float
    classify_s: float
    """With tracking."""


class _Shape(Source):
    """Stands for what pictures come from: the stages ask for their shape alone."""

    continuous = True

    def __init__(self, res: Res) -> None:
        self.res = res

    def read(self, timeout_s: float) -> Frame | None:
        raise NotImplementedError

    def close(self) -> None:
        """Nothing is open."""


class Looker:
    """Both networks, loaded once. Not for two threads at once."""

    def __init__(self, request: Request) -> None:
        """ShelfsightError where a network cannot be had."""
        cv2.setNumThreads(1)
        self._policy = request.policy
        self._bundle = Bundle.open(request.bundle)
        self._sure = self._bundle.min_score + SURE * (1.0 - self._bundle.min_score)
        settings = Settings(bundle=request.bundle, size=request.size, engine=request.engine, threads=1)
        self._stages = Stages(settings, self._bundle, _Shape((640, 480)), threading.Event())

    def look(self, piece: Piece) -> Look:
        """SourceError: it is no video."""
        classifier = self._stages.classifier
        assert classifier is not None
        following = Following(
            classifier,
            self._bundle.shapes,
            self._bundle.products,
            (NAMING_EVERY if self._policy.every_picture else FollowingPolicy())._replace(
                sure=self._sure, certain=certain_margins(self._bundle)
            ),
            piece.number,
        )
        sampler = Sampler(self._policy)
        watch = _Watch()
        inferred = 0
        sampled_s: float | None = None
        time_s = piece.start_s
        pictures = Pictures(piece.address, piece.start_s, piece.end_s, self._policy.every_picture)
        for picture in pictures:
            time_s = picture.time_s
            if not sampler.wants(time_s, picture.thumb):
                continue
            if sampler.cut_s is not None:
                following.cut(sampler.cut_s)
            began_s = _began_s(sampler.cut_s, sampled_s, time_s)
            inferred += 1
            self._infer(following, picture, began_s, watch)
            sampler.took(time_s, picture.thumb, following.is_unsettled)
            sampled_s = time_s
        following.end(time_s)
        watch.lap("decode")
        return Look(
            following.sightings,
            pictures.frames,
            inferred,
            time_s - piece.start_s,
            watch.decode,
            watch.detect,
            watch.classify,
        )

    def _infer(self, following: Following, picture: Picture, began_s: float, watch: _Watch) -> None:
        image = picture.image()
        watch.lap("decode")
        detector = self._stages.reshaped((image.shape[1], image.shape[0]))
        found = detector.detect(detector.prepare(image))
        watch.lap("detect")
        following.see(picture.time_s, began_s, image, found)
        watch.lap("classify")

    def close(self) -> None:
        """Free both networks."""
        self._stages.close()


def _began_s(cut_s: float | None, sampled_s: float | None, time_s: float) -> float:
    """Since when what is new at `time_s` is taken to be there: since the cut, or half of the time not looked at."""
    if cut_s is not None:
        return cut_s
    return time_s if sampled_s is None else (sampled_s + time_s) / 2


class _Watch:
    """Seconds of this process, as it was given them, by what they were spent on."""

    def __init__(self) -> None:
        self.decode = self.detect = self.classify = 0.0
        self._last_s = time.process_time()

    def lap(self, name: str) -> None:
        now_s = time.process_time()
        setattr(self, name, getattr(self, name) + now_s - self._last_s)
        self._last_s = now_s
