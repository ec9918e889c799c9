"""Where CIFAR-100 lies; torchvision fetches it where it can."""

from pathlib import Path

from benchmarks.scoring.cifar import FOLDER, cifar_at
from runtime.errors import SourceError

ADDRESS = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"


def cifar_in(data: Path) -> Path:
    """CIFAR-100 at `data`, or in a folder there; SourceError where it is not there, and cannot be fetched either."""
    found = cifar_at(str(data))
    if found is not None:
        return Path(found)
    from torchvision.datasets import CIFAR100

    try:
        CIFAR100(str(data), download=True)
    except Exception as error:  # of any kind: urllib's, the file system's, torchvision's own
        raise SourceError(
            f"skipped: no CIFAR-100 at {data}, nor can it be fetched ({type(error).__name__}); unpack {ADDRESS} there"
        ) from error
    return data / FOLDER
