"""The tabs of the page as they are sent: each of its own part, the frame, the common style and the common script."""

import base64
import hashlib
import pkgutil
import re
from typing import Any, Dict, NamedTuple, Tuple

TABS = (
    ("now", "./"),
    ("history", "history"),
    ("shelf", "shelf"),
    ("zones", "zones"),
    ("products", "products"),
    ("teach", "teach"),
)
"""Name, which is its file's and its word in strings.json, and address, in the order of the tabs."""


class Page(NamedTuple):
    """A tab as it is sent."""

    html: bytes
    policy: str
    """Its Content-Security-Policy: nothing from elsewhere, and no script or style but its own, by their hashes."""


class Pages:
    """All tabs. `web` is the module aiohttp.web."""

    def __init__(self, web: Any) -> None:
        self._web = web
        self._by_path: Dict[str, Page] = {"/" + address.strip("./"): load_page(name) for name, address in TABS}

    def add_to(self, router: Any) -> None:
        """All but the first, whose address takes the token too."""
        for path in self._by_path:
            if path != "/":
                router.add_get(path, self._get)

    async def _get(self, request: Any) -> Any:
        return self.answer(request.path)

    def answer(self, path: str) -> Any:
        """The tab of a path."""
        return self._web.Response(body=self._by_path[path].html, content_type="text/html", charset="utf-8")

    def policy_of(self, path: str) -> str:
        """The strict one of the first tab, where `path` is no tab."""
        return self._by_path.get(path, self._by_path["/"]).policy


def read_packaged(name: str) -> str:
    """A file of the folder html."""
    content = pkgutil.get_data("runtime.sinks", "html/" + name)
    if content is None:
        raise FileNotFoundError("runtime/sinks/html/{} is missing from this installation".format(name))
    return content.decode("utf-8")


def load_page(name: str) -> Page:
    """The tab of that name."""
    style, main, script = _parts(read_packaged(name + ".html"))
    style = style.replace("{teaching.css}\n", read_packaged("teaching.css"))
    script = script.replace("{teaching.js}", read_packaged("teaching.js"))
    common = read_packaged("common.js").replace("{strings.json}", read_packaged("strings.json").strip())
    html = read_packaged("frame.html")
    for marker, part in (
        ("{tabs}", _links(name)),
        ("{common.css}", read_packaged("common.css")),
        ("{style}", style),
        ("{main}", main),
        ("{common.js}", common),
        ("{script}", script),
    ):
        html = html.replace(marker, part)
    return page_of(html)


def page_of(html: str) -> Page:
    """A page that is whole, with the policy that lets it run its own style and script and no others."""
    policy = (
        "default-src 'none'; img-src 'self' data:; connect-src 'self'; script-src {}; style-src {}; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ).format(_hashes(html, "script"), _hashes(html, "style"))
    return Page(html.encode("utf-8"), policy)


def _parts(own: str) -> Tuple[str, str, str]:
    """Style, content and script of a tab's file."""
    style, main, script = re.findall(r"<(?:style|main|script)>.*?</(?:style|main|script)>", own, re.DOTALL)
    return style, main, script


def _links(here: str) -> str:
    link = '<a href="{}" data-text="{}"{}></a>'
    return "".join(link.format(address, name, ' aria-current="page"' if name == here else "") for name, address in TABS)


def _hashes(html: str, tag: str) -> str:
    bodies = re.findall("<{0}>(.*?)</{0}>".format(tag), html, re.DOTALL)
    digests = [hashlib.sha256(body.encode("utf-8")).digest() for body in bodies]
    return " ".join("'sha256-{}'".format(base64.b64encode(digest).decode()) for digest in digests)
