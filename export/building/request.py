"""What the parent of a build asks of its child, and what it gets back; as JSON in between."""

from typing import Any, Dict, List, NamedTuple, Optional

BUILT = ".built.json"
REFUSED = 4
"""Exit status: TensorRT itself could not build it; another precision may do."""


class Request(NamedTuple):
    """What to build."""

    model: str
    out: str
    """The engine's file; what is to be known of it goes beside, with BUILT at the end."""
    width: int
    """Of the input in pixels."""
    height: int
    max_batch: int
    precision: str
    workspace_mib: int
    libraries: bool
    """Whether TensorRT may try cuBLAS and cuDNN, which cost about 640 MiB of GPU memory when an engine loads."""
    timing_cache: str
    """A file, read where it is there, and written."""


class Built(NamedTuple):
    """What came of it."""

    precision: str
    why: str
    """Why another precision than the one asked for; else empty."""
    steps: Optional[Dict[str, Any]]
    metadata: Dict[str, str]
    seconds: float
    tactic_sources: List[str]
