"""A folder with a page that anybody can open: totals, timelines, crops, links that jump to the second."""

from __future__ import annotations

import os
from html import escape
from pathlib import Path
from typing import Callable

from search.finding.grouping import Appearance, VideoMatch
from search.report import tables

MOST_VIDEOS, MOST_APPEARANCES = 300, 200
"""On the page; the tables hold all."""
COLOURS = ("#0b6e99", "#b4562b", "#3f7d4e", "#7b4b94", "#a8841a", "#a83248", "#4b6584", "#5f7161")

STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1d2329 }
h1 { font-size: 1.6rem; margin-bottom: 0 } h2 { font-size: 1.1rem; margin: 2.2rem 0 .3rem; overflow-wrap: anywhere }
.lead { font-size: 1.1rem } .quiet { color: #5b6670; font-size: .9rem }
table { border-collapse: collapse; margin: 1rem 0 } td, th { padding: .25rem 1.2rem .25rem 0; text-align: left }
th { border-bottom: 1px solid #aab } td.number, th.number { text-align: right }
.line { position: relative; height: 1.5rem; background: #e8ecef; border-radius: 3px; margin: .4rem 0 .8rem }
.line a { position: absolute; top: 0; bottom: 0; min-width: 3px; border-radius: 2px }
.seen { display: flex; flex-wrap: wrap; gap: .8rem; list-style: none; padding: 0 }
.seen li { width: 8.5rem } .seen img { width: 100%; height: 7rem; object-fit: contain; background: #f2f4f5 }
.seen a { color: inherit }
.dot { display: inline-block; width: .7em; height: .7em; border-radius: 50%; margin-right: .3em }
@media (prefers-color-scheme: dark) {
  body { background: #14181b; color: #e2e6e9 } .quiet { color: #9aa6af } .line, .seen img { background: #262c31 }
}
"""


def write_report(
    folder: str,
    question: str,
    videos: list[VideoMatch],
    crop: Callable[[int], "bytes | None"],
    clip_of: Callable[[str, Appearance], "str | None"] = lambda address, one: None,
) -> str:
    """`folder`/index.html, matches.csv, matches.json, crops/; the path of the page.

    `question`: in words. `crop`: the JPEG of a sighting. `clip_of`: where a clip lies, relative to the folder.
    """
    os.makedirs(os.path.join(folder, "crops"), exist_ok=True)
    tables.write_csv(os.path.join(folder, "matches.csv"), videos)
    tables.write_json(os.path.join(folder, "matches.json"), videos)
    products = tables.totals_by_product(videos)
    colours = {total.name: COLOURS[place % len(COLOURS)] for place, total in enumerate(products)}
    parts = [_head(question, videos), _table("Product", products), _table("Month", tables.totals_by_month(videos))]
    for video in videos[:MOST_VIDEOS]:
        for one in video.appearances[:MOST_APPEARANCES]:
            _write_crop(folder, one.best, crop(one.best))
        parts.append(_video(video, colours, clip_of))
    if len(videos) > MOST_VIDEOS:
        parts.append(f"<p class=quiet>{len(videos) - MOST_VIDEOS} further videos are in matches.csv.</p>")
    title = f"Shelfsight: {escape(question)}"
    page = (
        '<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content="width=device-width">'
        f"<title>{title}</title><style>{STYLE}</style>{''.join(part for part in parts)}</html>\n"
    )
    path = os.path.join(folder, "index.html")
    with open(path, "w", encoding="utf-8") as file:
        file.write(page)
    return path


def _write_crop(folder: str, sighting: int, data: bytes | None) -> None:
    if data:
        with open(os.path.join(folder, "crops", f"{sighting}.jpg"), "wb") as file:
            file.write(data)


def _head(question: str, videos: list[VideoMatch]) -> str:
    if not videos:
        return f"<h1>{escape(question)}</h1><p class=lead>Seen in none of the videos.</p>"
    appearances = sum(len(video.appearances) for video in videos)
    seconds = sum(video.seconds for video in videos)
    return (
        f"<h1>{escape(question)}</h1><p class=lead>Seen in <b>{_count(len(videos), 'video')}</b>, "
        f"<b>{_count(appearances, 'time')}</b>, <b>{_long(seconds)}</b> on screen.</p>"
        "<p class=quiet>Click a bar or a picture to see that moment. All of it as a table: "
        "<a href=matches.csv>matches.csv</a>.</p>"
    )


def _table(what: str, totals: list[tables.Total]) -> str:
    if len(totals) < 1 or (what == "Product" and len(totals) == 1):
        return ""
    lines = "".join(
        f"<tr><td>{escape(one.name)}<td class=number>{one.videos}<td class=number>{one.appearances}"
        f"<td class=number>{_long(one.seconds)}"
        for one in totals
    )
    heads = "<th class=number>Videos<th class=number>Times seen<th class=number>On screen"
    return f"<table><tr><th>{what}{heads}{lines}</table>"


def _video(video: VideoMatch, colours: dict[str, str], clip_of: Callable[[str, Appearance], str | None]) -> str:
    length_s = max([video.duration_s or 0.0] + [one.last_s for one in video.appearances]) or 1.0
    bars, seen = [], []
    for one in video.appearances[:MOST_APPEARANCES]:
        clip = clip_of(video.address, one)
        link = clip or (_link(video.address, one) if video.is_file else None)
        href = f' href="{escape(link, quote=True)}"' if link else ""
        when = tables.when(video, one)
        about = escape(f"{one.label}, {when}", quote=True)
        left, width = 100 * one.first_s / length_s, 100 * one.seconds / length_s
        colour = colours[one.label]
        bars.append(
            f'<a{href} title="{about}" aria-label="{about}" '
            f'style="left:{left:.2f}%;width:{width:.2f}%;background:{colour}"></a>'
        )
        seen.append(
            f"<li><a{href}>"
            f'<img src="crops/{one.best}.jpg" alt="{about}" loading=lazy></a>'
            f'<br><span class=dot style="background:{colour}"></span>{escape(one.label)}'
            f"<br><span class=quiet>{when}<br>certainty {one.certainty:.2f}</span>"
        )
    share = f", {video.seconds / video.duration_s:.0%} of {_long(video.duration_s)}" if video.duration_s else ""
    more = len(video.appearances) - len(seen)
    tail = f"<p class=quiet>{more} more are in matches.csv.</p>" if more > 0 else ""
    return (
        f"<h2>{escape(tables.short_name(video.address))}</h2><div class=quiet>{_long(video.seconds)} on screen{share}, "
        f"{_count(len(video.appearances), 'time')} {tables.month_of(video.epoch_s)}</div>"
        f"<div class=line>{''.join(bars)}</div><ul class=seen>{''.join(seen)}</ul>{tail}"
    )


def _link(address: str, one: Appearance) -> str | None:
    """None: no browser opens such an address."""
    if "://" in address and not address.startswith(("http://", "https://", "file://")):
        return None
    file = address if "://" in address else Path(os.path.abspath(address)).as_uri()
    return f"{file}#t={one.first_s:.1f},{one.last_s:.1f}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _long(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
