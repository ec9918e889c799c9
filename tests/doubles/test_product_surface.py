"""What our code asks of TensorRT and pycuda is there in some release: every attribute's name is looked up."""

import ast
import json
from pathlib import Path

import pytest
from doubles.playing import RELEASES

SURFACES = Path(__file__).resolve().parent / "surfaces"
FILES = "runtime/engines/*.py", "export/*.py"
FROM_THE_MODULES = """
    trt tensorrt _trt driver _driver pycuda
    builder config parser network definition profile runtime _runtime _context cache
""".split()
"""Names under which our code keeps the modules, and what it has of them."""


def names_of(surface):
    """Every name in a surface, at any depth."""
    if isinstance(surface, dict):
        for name, inner in surface.items():
            yield name
            yield from names_of(inner)
    elif isinstance(surface, list):
        yield from (item for item in surface if isinstance(item, str))


def known_names():
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(SURFACES.glob("*.json"))]
    return {name for document in documents for name in names_of(document)}


def module_attributes(text):
    """(line, name) of each attribute that is taken straight from one of the modules, or from a class in one."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute):
            owner, path = node.value, [node.attr]
            while isinstance(owner, ast.Attribute):
                if owner.attr in FROM_THE_MODULES:
                    break
                path.insert(0, owner.attr)
                owner = owner.value
            start = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            if start in FROM_THE_MODULES:
                for name in path[:2]:
                    yield node.lineno, name


def asked_by_string(text):
    """(line, name) of hasattr(x, "name") and getattr(x, "name")."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("hasattr", "getattr") and len(node.args) > 1:
            value = getattr(node.args[1], "value", getattr(node.args[1], "s", None))
            if isinstance(value, str):
                yield node.lineno, value


def files_with_tensorrt(root):
    for pattern in FILES:
        for path in sorted(root.glob(pattern)):
            text = path.read_text(encoding="utf-8")
            if "import tensorrt" in text or "trt." in text or "pycuda" in text:
                yield path, text


def test_every_name_that_our_code_takes_from_the_modules_is_in_a_release(root):
    known = known_names() | {"__version__", "__shelfsight_double__", "__name__", "driver", "compiler", "autoinit"}
    wrong = []
    for path, text in files_with_tensorrt(root):
        for line, name in list(module_attributes(text)) + list(asked_by_string(text)):
            if name not in known and not name.startswith("__"):
                wrong.append("{}:{} {}".format(path.relative_to(root), line, name))
    assert wrong == []


@pytest.mark.parametrize("release", RELEASES)
def test_what_every_release_must_have_is_there(release):
    """The calls that our code makes on all of them, without asking first."""
    classes = json.loads((SURFACES / (release + ".json")).read_text(encoding="utf-8"))["classes"]
    for owner, names in {
        "Builder": "create_network create_builder_config build_serialized_network create_optimization_profile",
        "OnnxParser": "parse num_errors get_error",
        "Runtime": "deserialize_cuda_engine",
        "ICudaEngine": "create_execution_context",
        "IBuilderConfig": "set_flag add_optimization_profile create_timing_cache set_timing_cache set_tactic_sources",
        "IOptimizationProfile": "set_shape",
    }.items():
        assert set(names.split()) <= set(names_of(classes[owner])), owner


@pytest.mark.parametrize(
    "text",
    [
        "trt.Bilder(log)",
        "self._trt.BuilderFlags.FP16",
        "driver.mem_aloc(4)",
        "trt.BuilderFlag.FP61",
        "config.set_fag(1)",
    ],
)
def test_a_wrong_name_is_found(text):
    assert [name for _, name in module_attributes(text) if name not in known_names()]


def test_a_right_name_is_not():
    text = "trt.Builder(log)\ntrt.BuilderFlag.FP16\nself._trt.float32\ndriver.mem_alloc(4).free()\nours.anything()"
    assert [name for _, name in module_attributes(text) if name not in known_names()] == []
