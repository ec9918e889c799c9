"""Which folder may import which, and where each vendor's package is imported: the tables are the documentation."""

import ast
from pathlib import Path
from typing import Dict, Iterator, List, NamedTuple, Tuple

import pytest

OURS = {
    # folder: what it may import of ours beside itself. Imports go one way.
    "runtime": (),
    "shelfsight": ("runtime",),
    "jetson": ("runtime",),
    "export": ("runtime",),
    "search": ("runtime",),
    "benchmarks": ("runtime", "jetson", "export", "search"),
    "training": ("runtime", "export", "benchmarks"),
}

ROOMS = {
    # room: the rooms that it may import of its package. A file at the top is either what every room may import (FLOOR),
    # or an entry point, which no room imports.
    "runtime/untrusted": (),
    "runtime/figures": (),
    "runtime/scene": (),
    "runtime/v4l2": (),
    "runtime/history": (),
    "runtime/events": ("figures",),
    "runtime/catalogue": ("engines", "recognition", "untrusted"),
    "runtime/webhooks": ("events",),
    "runtime/mqtt": ("figures", "events"),
    "runtime/taking": ("mqtt", "untrusted"),
    "runtime/api": ("figures", "history", "events"),
    "runtime/gstreamer": (),
    "runtime/engines": (),
    "runtime/picture": ("figures",),
    "runtime/counting": ("figures", "picture", "untrusted"),
    "runtime/shelf": ("figures", "picture", "untrusted"),
    "runtime/recognition": ("engines", "figures", "untrusted"),
    "runtime/sources": ("gstreamer", "v4l2", "scene", "picture", "untrusted"),
    "runtime/sinks": (
        "gstreamer",
        "figures",
        "history",
        "events",
        "api",
        "mqtt",
        "webhooks",
        "catalogue",
        "shelf",
        "counting",
    ),  # fmt: skip
    "runtime/loop": ("recognition", "figures", "picture", "sources", "sinks"),
    "runtime/command_line": ("engines", "recognition", "untrusted"),
    "jetson/board": (),
    "jetson/checks": ("board",),
    "jetson/devices": (),
    "export/graph": (),
    "export/checking": ("graph",),
    "export/from_torch": ("graph",),
    "export/comparing": (),
    "export/building": ("graph", "checking", "comparing"),
    "search/videos": (),
    "search/looking": ("videos",),
    "search/storing": ("videos",),
    "search/running": ("looking", "videos"),
    "search/finding": (),
    "search/report": ("finding",),
    "benchmarks/scoring": (),
    "benchmarks/stand_ins": ("scoring",),
    "benchmarks/counters": (),
    "benchmarks/searching": ("scoring", "stand_ins"),
    "benchmarks/sweep": ("scoring", "stand_ins"),
    "benchmarks/several_cameras": ("stand_ins",),
    "benchmarks/peer_loops": ("scoring",),
    "training/data": (),
    "training/composing": ("data",),
    "training/stage1": ("data",),
    "training/stage2": ("data",),
    "training/measuring": (),
    "training/study": ("data", "stage2"),
}

FLOOR = {
    # package: the files at its top that its rooms may import.
    "runtime": (
        "__init__",
        "bundle",
        "clock",
        "database",
        "errors",
        "frame",
        "allocator",
        "gallery",
        "handles",
        "newest",
        "outputs",
        "redacted",
        "seen",
        "settings",
        "shipped",
        "sides",
        "told",
    ),
    "jetson": ("__init__",),
    "export": ("__init__",),
    "search": ("__init__", "building", "renewing"),
    "benchmarks": ("__init__", "machine"),
    "training": ("__init__", "checkpoint", "memory", "processes", "refolding", "requirements"),
}

OURS_INSIDE_A_FUNCTION = {
    # file: what it may import beyond that, lazily. The top of the program hands the board's telemetry down.
    "runtime/camera.py": ("jetson",),
    "shelfsight/camera.py": ("jetson",),
    # For a workstation only: the detector's weights as a .pt, which is Ultralytics' usual form.
    "benchmarks/peer_loops/ultralytics.py": ("training",),
}

VENDORS = {
    # package: the files of the device part that may import it, inside a function, so that a machine without it runs the
    # rest. No file: never on the device.
    "onnxruntime": ("runtime/engines/onnx.py",),
    "tensorrt": ("runtime/engines/tensorrt.py",),
    "openvino": ("runtime/engines/openvino.py",),
    "pycuda": ("runtime/engines/cuda.py",),
    "PIL": ("runtime/picture/fonts.py", "runtime/catalogue/photos.py"),
    "supervision": ("shelfsight/supervision.py",),
    "paho": ("runtime/mqtt/link.py",),
    "aiohttp": ("runtime/sinks/web.py",),
    "gi": ("runtime/gstreamer/appsink.py", "runtime/gstreamer/serving.py"),
    "onnx": (),
    "torch": (),
    "torchvision": (),
    "timm": (),
    "ultralytics": (),
}

DEVICE_PART = (
    "runtime/", "shelfsight/", "jetson/", "benchmarks/fps_sweep.py", "benchmarks/sweep/", "benchmarks/scoring/",
    "benchmarks/stand_ins/replay.py",
)  # fmt: skip

WITHOUT_CV2 = ("runtime/camera.py", "runtime/__init__.py", "shelfsight/__init__.py", "shelfsight/command.py")
"""These must import where cv2 cannot load, to say in one line what to install; so must all that they import on top."""


class Import(NamedTuple):
    """One import of one module, absolute name."""

    file: str
    line: int
    module: str
    is_lazy: bool
    """Inside a function."""

    @property
    def package(self) -> str:
        return self.module.split(".")[0]

    @property
    def folder(self) -> str:
        return self.file.split("/")[0]


def imports_of(node: ast.AST, file: str, is_lazy: bool = False) -> Iterator[Import]:
    """Every import below `node` that can run; what stands under `if TYPE_CHECKING` cannot."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        for module in modules_of(child, file):
            yield Import(file, child.lineno, module, is_lazy)
        is_function = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        for found in imports_of(child, file, is_lazy or is_function):
            yield found


def modules_of(node: ast.AST, file: str) -> List[str]:
    """What this node imports; `from a import b` counts as a.b, since b may be a module."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        above = file.split("/")[: -node.level] if node.level else []
        start = above + ([node.module] if node.module else [])
        return [".".join(start + [alias.name]) for alias in node.names]
    if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in (
        "import_module",
        "__import__",
    ):
        return [text for text in (getattr(arg, "value", getattr(arg, "s", None)) for arg in node.args[:1]) if text]
    return []


def imports_by_file(root: Path) -> Dict[str, List[Import]]:
    """Imports of every Python file in our folders, by path from `root`."""
    found = {}
    for folder in OURS:
        for path in sorted((root / folder).glob("**/*.py")):
            file = path.relative_to(root).as_posix()
            found[file] = list(imports_of(ast.parse(path.read_text(encoding="utf-8")), file))
    return found


def wrong_rooms(by_file: Dict[str, List[Import]]) -> Iterator[str]:
    """One line for each import from a room that goes up, or sideways to where the table does not let it."""
    for file, imports in by_file.items():
        package, _, rest = file.partition("/")
        if "/" not in rest:
            continue
        room = "{}/{}".format(package, rest.split("/")[0])
        if room not in ROOMS:
            yield "{}: {} is not in the table of rooms".format(file, room)
            continue
        for found in imports:
            target = found.module.split(".")[1] if found.package == package and "." in found.module else ""
            is_room = any(name.startswith("{}/{}/".format(package, target)) for name in by_file)
            where = "{}:{} imports {}".format(file, found.line, found.module)
            if is_room and package + "/" + target != room and target not in ROOMS[room]:
                yield "{}: {} may import {}".format(where, room, ", ".join(ROOMS[room]) or "no other room")
            if "{}/{}.py".format(package, target) in by_file and target not in FLOOR[package]:
                yield "{}: an entry point, which no room imports".format(where)


def wrong_imports(root: Path) -> List[str]:
    """One line for each import that breaks a table above."""
    by_file = imports_by_file(root)
    wrong = list(wrong_rooms(by_file))
    for found in (found for imports in by_file.values() for found in imports):
        where = "{}:{} imports {}".format(found.file, found.line, found.module)
        if found.package in OURS and found.package != found.folder and found.package not in OURS[found.folder]:
            if found.package not in OURS_INSIDE_A_FUNCTION.get(found.file, ()):
                allowed = ", ".join(OURS[found.folder]) or "nothing of ours"
                wrong.append("{}: {}/ may import {}".format(where, found.folder, allowed))
            elif not found.is_lazy:
                wrong.append("{}: only inside a function".format(where))
        if found.package in VENDORS and found.file.startswith(DEVICE_PART):
            if found.file not in VENDORS[found.package]:
                allowed = ", ".join(VENDORS[found.package]) or "no file of the device part"
                wrong.append("{}: {} may".format(where, allowed))
            elif not found.is_lazy:
                wrong.append("{}: only inside a function".format(where))
    for start in WITHOUT_CV2:
        for path in paths_to_cv2(start, by_file):
            wrong.append("{} needs cv2 to be imported: {}".format(start, " -> ".join(path)))
    return wrong


def paths_to_cv2(start: str, by_file: Dict[str, List[Import]]) -> Iterator[Tuple[str, ...]]:
    """Chains of files, each importing the next outside functions, from `start` to one that imports cv2 so."""
    waiting = [(start,)]
    seen = {start}
    while waiting:
        path = waiting.pop(0)
        for found in by_file.get(path[-1], ()):
            if found.is_lazy:
                continue
            if found.package == "cv2":
                yield path
            for file in files_of(found.module):
                if file in by_file and file not in seen:
                    seen.add(file)
                    waiting.append(path + (file,))


def files_of(module: str) -> List[str]:
    """Files that importing `module` may run: itself as a module or package, and the packages above it."""
    parts = module.split(".")
    names = ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
    return [name + suffix for name in names for suffix in (".py", "/__init__.py")]


def test_imports_go_one_way_and_vendors_stay_in_their_files(root):
    assert wrong_imports(root) == []


def test_every_room_is_in_the_table_and_no_two_import_each_other(root):
    assert set(ROOMS) == {"/".join(file.split("/")[:2]) for file in imports_by_file(root) if file.count("/") > 1}
    left = {room: {"{}/{}".format(room.split("/")[0], name) for name in names} for room, names in ROOMS.items()}
    while left:
        free = {room for room, below in left.items() if not below & set(left)}
        assert free, "rooms that import each other: {}".format(sorted(left))
        left = {room: below for room, below in left.items() if room not in free}


def test_a_file_at_the_top_is_an_entry_point_or_everybodys(root):
    for package, floor in FLOOR.items():
        for path in sorted((root / package).glob("*.py")):
            is_command = 'if __name__ == "__main__":' in path.read_text(encoding="utf-8")
            assert is_command or path.stem in floor + ("assembly", "cameras", "room", "stages"), path


def test_the_tables_name_folders_that_exist(root):
    assert {folder for folder in OURS if (root / folder).is_dir()} >= {"runtime", "jetson", "export", "benchmarks"}
    assert imports_by_file(root)


PLANTED = [
    # file, its text, what the complaint must say
    ("runtime/figures/meter.py", "import export.engine", "runtime/ may import nothing of ours"),
    ("runtime/figures/meter.py", "def f():\n    from training import data", "runtime/ may import nothing of ours"),
    ("runtime/figures/meter.py", "import importlib\nimportlib.import_module('benchmarks')", "imports benchmarks"),
    ("runtime/figures/meter.py", "from jetson import power", "runtime/ may import nothing of ours"),
    ("runtime/camera.py", "from jetson import power", "only inside a function"),
    ("runtime/sinks/page.py", "from .. import meter\nfrom ... import export", "imports export"),
    ("export/engine.py", "import training.data", "export/ may import runtime"),
    ("runtime/engines/onnx.py", "import onnxruntime", "only inside a function"),
    ("runtime/engines/onnx.py", "try:\n    import onnxruntime\nfinally:\n    pass", "only inside a function"),
    ("runtime/figures/meter.py", "def f():\n    import onnxruntime as ort", "runtime/engines/onnx.py may"),
    ("runtime/sinks/page.py", "def f():\n    from aiohttp import web", "runtime/sinks/web.py may"),
    ("jetson/power.py", "def f():\n    import torch", "no file of the device part"),
    ("benchmarks/scoring/matching.py", "import ultralytics", "no file of the device part"),
    ("runtime/camera.py", "import cv2", "needs cv2"),
    ("runtime/camera.py", "from runtime.sinks import window", "runtime/camera.py -> runtime/sinks/window.py"),
    ("runtime/camera.py", "from runtime import pipeline", "runtime/camera.py -> runtime/pipeline.py"),
    ("runtime/sinks/page.py", "from runtime.sources import demo", "runtime/sinks may import gstreamer, figures"),
    (
        "runtime/figures/rate.py",
        "def f():\n    from runtime.sinks import web",
        "runtime/figures may import no other room",
    ),
    ("runtime/sinks/page.py", "import runtime.camera", "an entry point, which no room imports"),
    ("runtime/attic/old.py", "import runtime.clock", "runtime/attic is not in the table of rooms"),
]


def made_up_tree(folder: Path) -> None:
    """A small tree in which every import is allowed."""
    files = {
        "runtime/__init__.py": "",
        "runtime/camera.py": "import runtime.figures.meter\ndef main():\n    from jetson import power\n    import cv2",
        "runtime/figures/meter.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import onnxruntime",
        "runtime/pipeline.py": "import cv2",
        "runtime/sinks/window.py": "import cv2",
        "runtime/sources/demo.py": "import runtime.clock",
        "runtime/clock.py": "",
        "runtime/engines/onnx.py": "def load():\n    import onnxruntime.capi",
        "runtime/sinks/web.py": "class Web:\n    def serve(self):\n        from aiohttp import web",
        "jetson/power.py": "import runtime.figures.meter",
        "export/engine.py": "import onnx\nfrom runtime import meter",
        "benchmarks/scoring/matching.py": "import numpy",
        "benchmarks/peers.py": "import torch, ultralytics",
        "training/data/dataset.py": "import torch\nfrom benchmarks import scoring",
    }
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def test_the_made_up_tree_is_clean(tmp_path):
    made_up_tree(tmp_path)
    assert wrong_imports(tmp_path) == []


@pytest.mark.parametrize(("file", "text", "complaint"), PLANTED)
def test_a_planted_import_is_found(tmp_path, file, text, complaint):
    made_up_tree(tmp_path)
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    lines = wrong_imports(tmp_path)
    assert [line for line in lines if complaint in line], lines
