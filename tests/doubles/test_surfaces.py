"""The double offers what the real modules offer, name by name, and the data is what they say."""

import importlib
import inspect
import json
from pathlib import Path

import pytest
from doubles import generate_surfaces, since_8_2
from doubles.playing import RELEASES_HERE, playing
from doubles.probes import answers
from doubles.walk_module import surface_of

SURFACES = Path(__file__).resolve().parent / "surfaces"


def recorded(name):
    return json.loads((SURFACES / (name + ".json")).read_text(encoding="utf-8"))


@pytest.mark.parametrize("release", RELEASES_HERE)
def test_the_double_has_every_name_and_signature_of_the_release_and_no_other(release):
    with playing(release) as trt:
        found = surface_of(trt)
    real = recorded(release)
    for part in ("classes", "functions", "constants"):
        assert sorted(found[part]) == sorted(real[part])
        wrong = {name: (found[part][name], value) for name, value in real[part].items() if found[part][name] != value}
        assert wrong == {}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("release", RELEASES_HERE)
def test_the_double_answers_small_questions_as_the_real_bindings_did(release):
    real = recorded(release)["answers"]
    with playing(release) as trt:
        found = answers(trt)
    assert len(real) > 50
    assert {question: (found.get(question), a) for question, a in real.items() if found.get(question) != a} == {}


def test_8_2_is_8_6_less_what_the_documents_say_was_added():
    derived = since_8_2.surface_of_8_2(recorded("8.6"))
    found = recorded("8.2")
    for part in ("classes", "functions", "constants", "answers", "warnings"):
        assert found[part] == derived[part]
    assert "from docs" in found["source"]


def test_what_came_after_8_2_is_not_in_the_double_of_8_2():
    with playing("8.2") as trt:
        left = [
            (owner, name)
            for owner, by_release in since_8_2.ADDED.items()
            for names in by_release.values()
            for name in names
            if hasattr(getattr(trt, owner) if owner else trt, name)
        ]
        assert left == []
        assert not hasattr(trt.ICudaEngine, "num_io_tensors")
        assert hasattr(trt.ICudaEngine, "num_bindings")


@pytest.mark.parametrize("name", generate_surfaces.NAMES)
def test_the_data_is_small_and_says_where_it_is_from(name):
    assert (SURFACES / (name + ".json")).stat().st_size < 150000
    source = recorded(name)["source"]
    assert ("imported over stubs" in source) == (name in generate_surfaces.BINDINGS)


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", generate_surfaces.NAMES)
def test_generating_the_data_again_gives_the_same(name):
    try:
        found = generate_surfaces.surface_of(name, ())
    except generate_surfaces.Unavailable as error:
        pytest.skip("needs what doubles/generate_surfaces.py needs: {}".format(error))
    assert generate_surfaces.text_of(found) == (SURFACES / (name + ".json")).read_text(encoding="utf-8")


@pytest.mark.parametrize("module", ["driver", "compiler"])
def test_pycuda_offers_nothing_that_the_real_one_has_not(module):
    real = recorded("pycuda")[module]
    with playing("8.6"):
        offered = vars(importlib.import_module("pycuda." + module))
        public = {name: value for name, value in offered.items() if not name.startswith("_")}
        assert sorted(set(public) - set(real["classes"]) - set(real["functions"])) == []
        wrong = []
        for name, value in public.items():
            if not isinstance(value, type):
                wrong += wrong_parameters(name, value, real["functions"][name])
            elif not issubclass(value, Exception):
                known = real["classes"][name]
                own = [n for n in vars(value) if not n.startswith("_") and not n.startswith("module")]
                wrong += [name + "." + n for n in own if n not in known["methods"] and n not in known["properties"]]
        assert [one for one in wrong if one != "SourceModule.get_function"] == []


def wrong_parameters(name, function, real):
    """Parameters that pycuda names otherwise, or takes by position only."""
    parameters = inspect.signature(function).parameters.values()
    found = [p.name + ("" if p.default is p.empty else "=") for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    if name in ("compile", "module_from_buffer"):
        return []
    return [] if found == (real or []) else ["{}: {}, really {}".format(name, found, real)]
