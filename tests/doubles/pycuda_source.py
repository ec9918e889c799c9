"""The surface of pycuda, read from its source: it cannot be imported without CUDA's driver.

The C++ part names what it offers in calls of Boost.Python's `def`, the Python part in plain definitions. What hangs on
the version of CUDA is taken as if that were recent.
"""

import ast
import re
from pathlib import Path
from typing import Any, Dict, List, Optional

WRAPPER = "src/wrapper/wrap_cudadrv.cpp"
TEMPLATE = r"<(?:[^<>]|<(?:[^<>]|<[^<>]*>)*>)*>"
OPENING = re.compile(r"py::class_" + TEMPLATE + r'\s*\w*\s*\(\s*"(\w+)"')
METHOD = re.compile(r'\.def\(\s*"(\w+)"|\.DEF_SIMPLE_METHOD(?:_WITH_ARGS)?\((\w+)')
PROPERTY = re.compile(r'\.(?:add_property|def_readwrite|def_readonly)\(\s*"(\w+)"')
FUNCTION = re.compile(r'\bpy::def\(\s*"(\w+)"(.*?)\);|\bDEF_SIMPLE_FUNCTION(?:_WITH_ARGS)?\((\w+)(.*?)\);', re.DOTALL)
ARGUMENT = re.compile(r'py::args\(([^)]*)\)|py::arg\("(\w+)"\)(=)?')


def surface_of_source(folder: Path) -> Dict[str, Any]:
    """Of an unpacked source package: modules "driver" and "compiler", each with classes and functions.

    A function's value is its parameters' names, optional ones with a "=" behind; null: it takes them by position only.
    """
    text = (folder / WRAPPER).read_text(encoding="utf-8")
    driver = {"classes": classes_of(text), "functions": functions_of(text)}  # type: Dict[str, Any]
    for name in re.findall(r"^ +DECLARE_EXC\((\w+), ", text, re.MULTILINE):
        driver["classes"].setdefault(name, {"methods": {}, "properties": []})
    add_python(driver, folder / "pycuda" / "driver.py")
    compiler = {"classes": {}, "functions": {}}  # type: Dict[str, Any]
    add_python(compiler, folder / "pycuda" / "compiler.py")
    return {"driver": driver, "compiler": compiler}


def classes_of(text: str) -> Dict[str, Any]:
    """Of the C++ part. What stands between one class and the next belongs to the first."""
    openings = list(OPENING.finditer(text))
    ends = [opening.start() for opening in openings[1:]] + [len(text)]
    found = {}
    for opening, end in zip(openings, ends):
        body = text[opening.end() : end]
        methods = {a or b: None for a, b in METHOD.findall(body) if not (a or b).startswith("_")}
        found[opening.group(1)] = {"methods": methods, "properties": sorted(set(PROPERTY.findall(body)))}
    return found


def functions_of(text: str) -> Dict[str, Optional[List[str]]]:
    """Of the C++ part, those outside classes."""
    found = {}  # type: Dict[str, Optional[List[str]]]
    for name, rest, simple, simple_rest in FUNCTION.findall(text):
        names = arguments_of(rest) or re.findall(r'"(\w+)"', simple_rest)
        found[name or simple] = names or None
    return found


def arguments_of(text: str) -> List[str]:
    """Of py::args("a", "b") and py::arg("c")=0."""
    names = []
    for several, one, optional in ARGUMENT.findall(text):
        names += re.findall(r'"(\w+)"', several) if several else [one + optional]
    return names


def add_python(surface: Dict[str, Any], path: Path) -> None:
    """What a module of the Python part defines, and what it adds to classes of the C++ part."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    everywhere = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            surface["functions"][node.name] = parameters(node)
        elif isinstance(node, ast.ClassDef):
            methods = [part for part in node.body if isinstance(part, ast.FunctionDef)]
            public = {m.name: parameters(m)[1:] for m in methods if not m.name.startswith("_")}
            surface["classes"][node.name] = {"methods": public, "properties": []}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Attribute):
            target, value = node.targets[0], node.value
            owner = getattr(target.value, "id", "")
            is_method = owner in surface["classes"] and getattr(value, "id", "") in everywhere
            if is_method and not target.attr.startswith("_") and "pre_v4" not in value.id:  # type: ignore[attr-defined]
                names = parameters(everywhere[value.id])[1:]  # type: ignore[attr-defined]
                surface["classes"][owner]["methods"][target.attr] = names


def parameters(node: ast.FunctionDef) -> List[str]:
    required = len(node.args.args) - len(node.args.defaults)
    return [argument.arg + ("=" if index >= required else "") for index, argument in enumerate(node.args.args)]
