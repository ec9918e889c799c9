"""The tabs as they are sent: whole, each with the common parts, and each of their words in every language."""

import json
import re

import pytest

from runtime.sinks.pages import TABS, load_page, read_packaged

NAMES = [name for name, _ in TABS]
BY_PREFIX = ("slot_", "how_")
"""Texts whose keys are put together from these and a state."""


@pytest.mark.parametrize("name", NAMES)
def test_a_tab_is_whole(name):
    html = load_page(name).html.decode("utf-8")
    assert html.count("<main>") == html.count("</html>") == html.count('aria-current="page"') == 1
    assert html.count("<script>") == html.count("</script>") == 2
    assert re.findall(r'<a href="([^"]+)" data-text', html)[: len(TABS)] == [address for _, address in TABS]
    assert not re.search(r"\{[a-z]+\.(js|css|json)\}", html), "every part is in its place"


def test_every_language_has_each_text_and_each_is_used():
    strings = json.loads(read_packaged("strings.json"))
    assert set(strings) == {"en", "ko"}
    assert set(strings["en"]) == set(strings["ko"])
    for key in strings["en"]:
        values = [sorted(re.findall(r"\{\w+\}", strings[language][key])) for language in ("en", "ko")]
        assert values[0] == values[1], key
    asked, quoted = set(NAMES), set(NAMES)
    for name in [name + ".html" for name in NAMES] + ["teaching.js"]:
        source = read_packaged(name)
        asked |= set(re.findall(r'(?:data-(?:text|label|hint)=|\btext\()"(\w+)"[^+\w]', source))
        quoted |= set(re.findall(r'"(\w+)"', source))
    made = {key for key in strings["en"] if key.startswith(BY_PREFIX)}
    assert asked - set(strings["en"]) - set(BY_PREFIX) == set(), "each text is there"
    assert set(strings["en"]) - quoted - made == set(), "none is left over"
