"""The container files, as far as they can be read without a board or NVIDIA's registry."""

import os
import re
import subprocess

import pytest

FILES = {"jetson/Dockerfile.jp4": "4", "jetson/Dockerfile.jp5": "5"}
NVIDIAS = re.compile(r"\b(?:cuda-[a-z]+(?:-dev)?-10-2|python3-libnvinfer|libopencv-python)\b")


@pytest.fixture(params=sorted(FILES))
def file(request):
    return request.param


def instructions(root, file):
    """(instruction, its text) each, continued lines joined, comments left out."""
    lines = [line for line in (root / file).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    text = "\n".join(lines).replace("\\\n", " ")
    return [tuple(line.split(None, 1)) for line in text.splitlines() if line.strip()]


def test_what_is_copied_is_there_and_is_all_that_runs(root, file):
    ignored = (root / ".dockerignore").read_text(encoding="utf-8").split()
    copied = [text.split() for name, text in instructions(root, file) if name == "COPY"]
    sources = {source for words in copied for source in words[:-1]}
    for source in sources:
        assert (root / source).exists(), source
        assert source not in ignored
    assert {"runtime", "shelfsight", "jetson", "export", "benchmarks"} <= sources
    (entry,) = [text for name, text in instructions(root, file) if name == "ENTRYPOINT"]
    assert entry == '["python", "-m", "shelfsight"]'


def test_its_release_is_the_one_that_set_up_knows(root, file, tmp_path):
    text = (root / file).read_text(encoding="utf-8")
    (release,) = re.findall(r'"(# R\d+ [^"]+)"', text)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "nv_tegra_release").write_text(release + "\n")
    script = '. "$1/jetson/jetpack.sh"; look_for_jetpack "$2"; echo "$jetpack"'
    command = ["sh", "-c", script, "sh", str(root), str(tmp_path)]
    assert subprocess.check_output(command, universal_newlines=True, timeout=20).strip() == FILES[file]
    (base,) = re.findall(r"nvcr\.io/nvidia/\S+:r(\d+)", text)
    assert base == re.findall(r"\d+", release)[0], "the image and the release are of one L4T"


def test_the_commands_of_its_layers_are_shell(root, file):
    for name, text in instructions(root, file):
        if name == "RUN":
            subprocess.check_call(["sh", "-n", "-c", text], timeout=20)


def test_each_of_nvidias_packages_is_listed_with_where_its_name_is_from(root, file):
    """Their server was not to be reached; docs/device.md says where each name was seen."""
    text = (root / file).read_text(encoding="utf-8") + (root / "jetson" / "setup.sh").read_text(encoding="utf-8")
    page = (root / "docs" / "device.md").read_text(encoding="utf-8")
    for name in sorted(set(NVIDIAS.findall(text))):
        assert "`{}`".format(name) in page, name


def test_the_page_builds_each_of_them(root, file):
    assert "-f {}".format(file) in (root / "docs" / "device.md").read_text(encoding="utf-8")
    assert os.path.basename(file).startswith("Dockerfile")
