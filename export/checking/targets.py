"""The TensorRT releases that a model can be checked against, and what each takes."""

from typing import Dict, FrozenSet, NamedTuple, Optional

from export.checking.operators import IMPORTED


class Target(NamedTuple):
    """One release of TensorRT as its ONNX parser sees a model."""

    name: str
    operators: FrozenSet[str]
    list_of: str
    """The release that `operators` is of."""
    largest_opset: int
    largest_ir: Optional[int]
    """None: the parser only logs it, and no other engine there is older."""
    takes_uint8: bool
    """As the input of a network, and nowhere else."""
    clamps_int64: bool
    """Whether whole numbers are 32 bits wide inside."""

    @property
    def is_8_2(self) -> bool:
        return self.name == "8.2"


TARGETS: Dict[str, Target] = {
    target.name: target
    for target in (
        # docs/operators.md of each release branch of onnx-tensorrt states the opset. 8.2: the Nano, where the fall-back
        # is onnxruntime 1.10, which reads IR version 8 at most.
        Target("8.2", IMPORTED["8.2"], "8.2", 13, 8, takes_uint8=False, clamps_int64=True),
        Target("8.5", IMPORTED["8.5"], "8.5", 17, None, takes_uint8=True, clamps_int64=True),
        # The page of 10.15 says 24; JetPack 6 has earlier ones, whose own were not to be had: 20 is meant to be safe.
        Target("10", IMPORTED["10.1"], "10.1", 20, None, takes_uint8=True, clamps_int64=False),
        # NVIDIA's ONNX opset guide for TensorRT 11 says 25. No list of its importers was to be had.
        Target("11", IMPORTED["10.1"], "10.1", 25, None, takes_uint8=True, clamps_int64=False),
    )
}
