"""Bundles and flags files from strangers: one line that names the field, and nothing allocated, opened or run first."""

import io
import json
import os
import shutil
import struct
import zipfile

import numpy as np
import pytest

from runtime.bundle import Bundle, sha256_of
from runtime.command_line.arguments import settings_from_arguments
from runtime.errors import BundleError, UsageError
from runtime.untrusted.arrays import read_arrays
from runtime.untrusted.files import read_bytes, read_text

HAS_FIFO = hasattr(os, "mkfifo")


@pytest.fixture
def folder(tiny_folder, tmp_path):
    shutil.copytree(str(tiny_folder), str(tmp_path / "copy"))
    return tmp_path / "copy"


def refused(folder):
    with pytest.raises(BundleError) as error:
        Bundle.open(str(folder))
    line = str(error.value)
    assert line.isprintable(), line
    assert len(line) < 600
    return line


def describe(folder, change):
    path = folder / "bundle.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


NUMBERS = [
    ("detector", "size", [0, 33, -32, 1e5, 100000, 160.0, True, None, "160", 10**400, [160]]),
    ("detector", "min_score", [float("nan"), float("inf"), -0.1, 1.1, 10**400, None, False]),
    ("detector", "iou", [float("nan"), float("-inf"), 2, "0.7"]),
    ("classifier", "threshold", [float("nan"), float("inf"), -1.5, 7, {}]),
    ("classifier", "crop_size", [-1, 0, 1e5, 100000, 96.5, True]),
    ("classifier", "crop_margin", [float("nan"), float("inf"), -0.5, 1e9, "x" * 10000]),
]


@pytest.mark.parametrize("section, key, value", [(s, k, v) for s, k, values in NUMBERS for v in values], ids=repr)
def test_every_number_has_a_range(folder, section, key, value):
    describe(folder, lambda content: content[section].__setitem__(key, value))
    line = refused(folder)
    assert "{}.{} is ".format(section, key) in line
    assert "expected a" in line


@pytest.mark.parametrize("key", ["shapes", "products"])
@pytest.mark.parametrize(
    "names",
    [
        ["x" * 10000],
        ["\x1b[2Jgone"],
        ["two\nlines"],
        [""],
        [" "],
        [7],
        ["a", "a"],
        [],
        "abc",
        None,
        {"a": 1},
        ["\u202e"],
        ["n{}".format(number) for number in range(20000)],
    ],
    ids=lambda names: repr(names)[:20],
)
def test_names_are_printable_short_and_not_too_many(folder, key, names):
    describe(folder, lambda content: content.__setitem__(key, names))
    assert "'{}'".format(key) in refused(folder)


@pytest.mark.parametrize(
    "text", ["[" * 100000, '{"a":' * 100000, "NaN", "[]", "7", '"x"', "{", "", "\xff", '{"format": 1e999}']
)
def test_a_description_that_is_none(folder, text):
    (folder / "bundle.json").write_bytes(text.encode("latin-1"))
    assert "bundle.json" in refused(folder)


@pytest.mark.parametrize("name", ["bundle.json", "gallery.npz", "detector.onnx", "parity.npz"])
@pytest.mark.parametrize("target", ["/dev/zero", "fifo", "folder", "nowhere", "itself"])
def test_only_regular_files_are_opened(folder, tmp_path, name, target):
    path = folder / name
    path.unlink()
    if target == "fifo":
        if not HAS_FIFO:
            pytest.skip("needs FIFOs, which this system has not")
        os.mkfifo(str(path))
    elif target == "folder":
        path.mkdir()
    else:
        path.symlink_to({"nowhere": "/no/such/file", "itself": str(path)}.get(target, target))
    assert name in refused(folder)


def test_a_link_to_a_file_is_a_file(folder, tmp_path):
    shutil.move(str(folder / "gallery.npz"), str(tmp_path / "elsewhere.npz"))
    (folder / "gallery.npz").symlink_to(tmp_path / "elsewhere.npz")
    assert Bundle.open(str(folder)).name == "tiny"


def npy(descr="'<f4'", shape="(3, 8)", data=b"\0" * 96, length=None):
    text = "{{'descr': {}, 'fortran_order': False, 'shape': {}, }}".format(descr, shape).encode("latin-1") + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text) if length is None else length) + text + data


def write_gallery(folder, files, method=zipfile.ZIP_DEFLATED):
    path = folder / "gallery.npz"
    with zipfile.ZipFile(str(path), "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name + ".npy", data)
    describe(folder, lambda content: content["sha256"].__setitem__("gallery.npz", sha256_of(str(path))))


OWNERS = npy("'<i4'", "(3,)", struct.pack("<iii", 0, 1, 2))


@pytest.mark.parametrize(
    "prototypes",
    [
        npy(shape="(1000000000, 1000000)"),
        npy(shape="(3, 8)", data=b"\0" * (80 << 20)),
        npy(shape="(16777217, 1)", data=b"\0" * (65 << 20)),
        npy("'|O'", "(3,)"),
        npy("'|S8'", "(3,)"),
        npy("'<f4'", "(" * 5000 + ")" * 5000),
        npy("'<f4'", "(3, -8)"),
        npy("[('a', '<f4')]", "(3,)"),
        npy("'<f99'", "(3,)"),
        npy(data=b""),
        npy(length=65535),
        b"\x93NUMPY\x02\x00\xff\xff\xff\xff",
        b"",
        b"\x80\x04\x95",
        npy(data=np.full((3, 8), np.nan, "<f4").tobytes()),
        npy(data=np.full((3, 8), np.inf, "<f4").tobytes()),
    ],
    ids=range(16),
)
def test_a_gallery_is_measured_before_it_is_unpacked(folder, prototypes):
    write_gallery(folder, {"prototypes": prototypes, "products": OWNERS})
    assert "gallery.npz" in refused(folder)


def test_a_gallery_that_names_products_that_are_not_there(folder):
    many = npy("'<i4'", "(3,)", struct.pack("<iii", 0, 1, -5))
    good = np.eye(3, 8, dtype="<f4").tobytes()
    write_gallery(folder, {"prototypes": npy(data=good), "products": many})
    assert "do not match" in refused(folder)


def test_weights_in_another_file_are_refused(folder):
    path = folder / "classifier.onnx"
    path.write_bytes(path.read_bytes() + b"\n\x08location\x12\x0b/etc/passwd")
    describe(folder, lambda content: content["sha256"].__setitem__("classifier.onnx", sha256_of(str(path))))
    assert "other files that hold its weights" in refused(folder)


def test_arrays_are_read_as_numpy_writes_them(tmp_path):
    path = str(tmp_path / "a.npz")
    wanted = {
        "f": np.arange(24, dtype=np.float32).reshape(2, 3, 4),
        "fortran": np.asfortranarray(np.arange(12.0).reshape(3, 4)),
        "one": np.arange(5, dtype=np.int64),
        "none": np.empty((0, 4), np.uint8),
        "scalar": np.array(7, np.int16),
        "yes": np.array([True, False]),
        "big": np.arange(3, dtype=">i4"),
    }
    for save in (np.savez, np.savez_compressed):
        save(path, **wanted)
        found = read_arrays(path, list(wanted), 1 << 20)
        for name, array in wanted.items():
            assert found[name].shape == array.shape
            assert (found[name] == array).all()
    with pytest.raises(ValueError, match="no array .*missing"):
        read_arrays(path, ["missing"], 1 << 20)
    with pytest.raises(ValueError, match="expected 10 at most"):
        read_arrays(path, ["f"], 10)


@pytest.mark.parametrize(
    "content, words",
    [
        (b"--fps 5\n--source caf\xe9.mp4\n", ["camera.flags", "line 2", "0xe9", "UTF-8"]),
        (b"--fps 5\n\n--source 'a b\n", ["camera.flags:3", "quot"]),
        (b"--source a\\", ["camera.flags:1", "escape"]),
        (b"@camera.flags\n", ["camera.flags", "names itself"]),
        (b"@other.flags\n", ["other.flags", "names itself"]),
        (b"@nowhere.flags\n", ["nowhere.flags", "No such file"]),
        (b"--nonsense 3\n", ["--nonsense"]),
    ],
)
def test_a_wrong_flags_file_is_wrong_usage_and_named(tmp_path, monkeypatch, content, words):
    (tmp_path / "camera.flags").write_bytes(content)
    (tmp_path / "other.flags").write_text("@camera.flags\n")
    monkeypatch.chdir(str(tmp_path))
    with pytest.raises(UsageError) as error:
        settings_from_arguments(["@camera.flags"])
    assert error.value.exit_status == 2
    assert all(word in str(error.value) for word in words), str(error.value)


def test_a_flags_file_is_read_as_a_shell_reads_it(tmp_path):
    inner = tmp_path / "inner.flags"
    inner.write_text("--fps 12 # slow\n", encoding="utf-8")
    outer = tmp_path / "outer.flags"
    outer.write_bytes(
        b"\xef\xbb\xbf# a comment\n--source 'my video.mp4'\n\n@" + str(inner).encode() + b"\n--size 320\n"
    )
    settings = settings_from_arguments(["@" + str(outer)])
    assert (settings.source, settings.fps, settings.size) == ("my video.mp4", 12.0, 320)


@pytest.mark.skipif(not HAS_FIFO, reason="needs FIFOs, which this system has not")
def test_a_fifo_is_refused_at_once(tmp_path):
    os.mkfifo(str(tmp_path / "fifo"))
    with pytest.raises(UsageError, match="expected a file"):
        settings_from_arguments(["@{}".format(tmp_path / "fifo")])
    for read in (read_bytes, read_text):
        with pytest.raises(ValueError, match="expected a file"):
            read(str(tmp_path / "fifo"), 100)


def test_a_picture_folder_may_hold_a_fifo_and_more_pixels_than_opencv_takes(tmp_path):
    from runtime.sources.folder import read_image

    if HAS_FIFO:
        os.mkfifo(str(tmp_path / "a.jpg"))
        assert read_image(str(tmp_path / "a.jpg")) is None
    huge = io.BytesIO(b"P6 100000 100000 255\n" + b"\0" * 100)
    (tmp_path / "b.png").write_bytes(huge.getvalue())
    assert read_image(str(tmp_path / "b.png")) is None
