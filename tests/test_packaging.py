"""What `pip install` lays down, and that constraints.txt pins all of it."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Dict, Iterable, Iterator, List, Set

import pytest
from packaging.requirements import Requirement

if sys.version_info >= (3, 8):
    from importlib import metadata
else:
    import importlib_metadata as metadata

OURS = {"shelfsight", "runtime", "jetson", "export", "benchmarks", "training", "search"}
LEFT_OUT_OF_THE_COPY = shutil.ignore_patterns(".*", "build", "dist", "*.egg-info", "__pycache__")
BANDS = ["3.6", "3.11"]


def run(*command, **options) -> str:
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, universal_newlines=True, timeout=100, **options
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def stays_in_the_repository(path: Path) -> bool:
    """What lies beside the packages' code and is not installed: scripts, documents, results of benchmarks."""
    return path.suffix in (".sh", ".md") or path.stem == "Dockerfile" or "results" in path.parts


@pytest.fixture(scope="module")
def wheel(root, tmp_path_factory) -> Path:
    """A wheel of this checkout, built in a copy: setuptools would take what an earlier build left behind."""
    folder = tmp_path_factory.mktemp("wheel")
    copy = folder / "checkout"
    shutil.copytree(str(root), str(copy), ignore=LEFT_OUT_OF_THE_COPY)
    run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", str(folder), str(copy))
    (path,) = folder.glob("shelfsight-*.whl")
    return path


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_the_wheel_holds_every_file_of_the_packages_and_nothing_else(root, wheel):
    names = set(zipfile.ZipFile(str(wheel)).namelist())
    present = [name for name in OURS if (root / name).is_dir()]
    expected = {
        path.relative_to(root).as_posix()
        for name in present
        for path in (root / name).glob("**/*")
        if path.is_file() and "__pycache__" not in path.parts and not stays_in_the_repository(path)
    }
    assert expected - names == set()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == set(present)
    assert {"LICENSE", "NOTICE"} <= {Path(name).name for name in names if ".dist-info/" in name}


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_the_installed_copy_runs_from_anywhere(wheel, tmp_path):
    site = tmp_path / "site"
    run(sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(site), str(wheel))
    environment = {"PYTHONPATH": str(site)}
    where = run(sys.executable, "-c", "import runtime; print(runtime.__file__)", cwd=str(tmp_path), env=environment)
    assert Path(where.strip()) == site / "runtime" / "__init__.py"
    command = str(site / "bin" / "shelfsight")
    assert "doctor" in run(command, "--help", cwd=str(tmp_path), env=environment)
    assert "--res" in run(command, "run", "--help", cwd=str(tmp_path), env=environment)


def pins(root: Path, python: str) -> Dict[str, str]:
    """Name to exact version, of the lines of constraints.txt that hold for this Python on x86-64."""
    environment = {"python_version": python, "platform_machine": "x86_64"}
    found = {}
    for line in (root / "constraints.txt").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            if requirement.marker.evaluate(environment):
                assert normal(requirement.name) not in found, "pinned twice: " + line
                assert re.match(r"==[^*]+$", str(requirement.specifier)), "not one version: " + line
                found[normal(requirement.name)] = str(requirement.specifier)[2:]
    return found


def normal(name: str) -> str:
    """PyPI's spelling."""
    return re.sub(r"[-_.]+", "-", name).lower()


def asked_by(requirements: Iterable[str], extras: Set[str]) -> Iterator[str]:
    """Names that these requirements of a distribution come to here, with these of its extras."""
    for requirement in map(Requirement, requirements):
        if any(requirement.marker is None or requirement.marker.evaluate({"extra": extra}) for extra in extras | {""}):
            yield normal(requirement.name)
            if requirement.extras:
                for name in asked_by(metadata.requires(requirement.name) or (), requirement.extras):
                    yield name


@pytest.fixture(scope="module")
def our_requirements(wheel) -> List[str]:
    """What our wheel asks for; what is installed may say what an older setup.py asked for."""
    with zipfile.ZipFile(str(wheel)) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        text = archive.read(name).decode("utf-8")
    return re.findall(r"^Requires-Dist: (.+)$", text, re.MULTILINE)


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_everything_installed_is_at_its_pinned_version(root, our_requirements):
    pinned = pins(root, "%d.%d" % sys.version_info[:2])
    if not pinned:
        pytest.skip("needs a Python that constraints.txt pins: %s" % " or ".join(BANDS))
    waiting = sorted(asked_by(our_requirements, {"dashboard", "test"}))
    seen = set()
    wrong = []
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        installed = metadata.version(name)
        if pinned.get(name) != installed:
            wrong.append("{} is {}, pinned {}".format(name, installed, pinned.get(name)))
        waiting.extend(asked_by(metadata.requires(name) or (), set()))
    assert wrong == []
    assert {"numpy", "onnxruntime", "opencv-python", "protobuf", "yarl"} <= seen


@pytest.mark.slow
@pytest.mark.timeout(120)
@pytest.mark.parametrize("python", BANDS)
def test_every_requirement_of_setup_py_is_pinned(root, our_requirements, python):
    asked = set()
    for text in our_requirements:
        requirement = Requirement(text)
        extra = re.search(r"""extra == ["'](\w+)""", text)
        environment = {"python_version": python, "platform_machine": "x86_64", "extra": extra.group(1) if extra else ""}
        on_a_workstation_only = environment["extra"] in ("training", "export", "search", "ray") and python == "3.6"
        if not on_a_workstation_only and (requirement.marker is None or requirement.marker.evaluate(environment)):
            asked.add(normal(requirement.name))
    assert {"numpy", "opencv-python", "onnxruntime", "aiohttp", "pytest"} <= asked
    assert asked - set(pins(root, python)) == set()
