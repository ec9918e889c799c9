"""The disks: the image made once and kept, and those made for each run from the checkout."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parent.parent
CHECKOUT_DISK_MB = 256
SMALL_DISK_MB = 48


def cache_folder() -> Path:
    """Where images are kept: $XDG_CACHE_HOME/shelfsight-vm."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "shelfsight-vm"


def recipe_hash() -> str:
    """Of everything that goes into the image; another one asks for another image."""
    digest = hashlib.sha256()
    guest = sorted(path for path in (HERE / "guest" / "etc").glob("**/*") if path.is_file())
    for path in [HERE / "image.sh", CHECKOUT / "constraints.txt"] + guest:
        digest.update(str(path.relative_to(CHECKOUT)).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:12]


def ensure_image(folder: Path) -> Path:
    """The folder of the image for this recipe, made where it is missing; images of other recipes are removed."""
    image = folder / recipe_hash()
    if image.is_dir():
        return image
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / "unfinished"
    for old in folder.iterdir():
        shutil.rmtree(str(old))
    subprocess.run(["sh", str(HERE / "image.sh"), str(unfinished)], check=True)
    unfinished.rename(image)
    return image


def checkout_disk(work: Path) -> Path:
    """A disk with the files of this checkout as they are now, committed or not, without what git ignores."""
    listed = subprocess.run(
        ["git", "-C", str(CHECKOUT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True,
        stdout=subprocess.PIPE,
    )
    tree = work / "checkout"
    for name in listed.stdout.decode().split("\0"):
        source = CHECKOUT / name
        if name and source.is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(str(source), str(tree / name))
    disk = make_disk(work / "checkout.ext4", CHECKOUT_DISK_MB, "-d", str(tree))
    shutil.rmtree(str(tree))
    return disk


def small_disk(work: Path) -> Path:
    """An empty disk that is soon full."""
    return make_disk(work / "small.ext4", SMALL_DISK_MB)


def make_disk(path: Path, size_mb: int, *options: str) -> Path:
    """A file with an ext4 file system."""
    with path.open("wb") as file:
        file.truncate(size_mb << 20)
    subprocess.run(["mke2fs", "-q", "-F", "-t", "ext4"] + list(options) + [str(path)], check=True)
    return path
