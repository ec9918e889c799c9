"""The bytes of a double's engine: what it was built with, and the ONNX that it computes. None of it is TensorRT's."""

import hashlib
import json
from typing import Any, Dict, List, NamedTuple, Tuple

MARK = b"TEST DOUBLE OF A TENSORRT ENGINE\n"
"""Every plan begins with this, so that nobody takes it for the real thing."""


class PlanTensor(NamedTuple):
    """An input or output. Dimensions are -1 where dynamic."""

    name: str
    is_input: bool
    dtype: str
    """numpy's name of what the buffers hold."""
    shape: Tuple[int, ...]


class Plan(NamedTuple):
    """An engine at rest."""

    version: str
    compute_capability: Tuple[int, int]
    gpu: str
    name: str
    precision: str
    """"fp32" or "fp16"."""
    layers: int
    workspace_bytes: int
    tactic_sources: int
    tensors: List[PlanTensor]
    profiles: List[Dict[str, List[List[int]]]]
    """For each optimisation profile: input: smallest, usual, largest shape."""
    onnx: bytes


class BadPlan(ValueError):
    """Not a plan, or not all of one."""


def bytes_of(plan: Plan) -> bytes:
    header = dict(plan._asdict())
    onnx = header.pop("onnx")
    header["tensors"] = [list(tensor) for tensor in plan.tensors]
    text = json.dumps(header, sort_keys=True).encode("utf-8")
    body = len(text).to_bytes(8, "little") + text + onnx
    return MARK + hashlib.sha256(body).digest() + body


def plan_of(data: bytes) -> Plan:
    """BadPlan for bytes that no double wrote, or that were cut or changed since."""
    if not data.startswith(MARK):
        raise BadPlan("Serialization assertion magicTagRead == kMAGIC_TAG failed.Magic tag does not match")
    digest, body = data[len(MARK) : len(MARK) + 32], data[len(MARK) + 32 :]
    if hashlib.sha256(body).digest() != digest:
        raise BadPlan(
            "Serialization assertion sizeRead == static_cast<uint64_t>(mEnd - mCurrent) failed.Size specified"
        )
    length = int.from_bytes(body[:8], "little")
    header: Dict[str, Any] = json.loads(body[8 : 8 + length].decode("utf-8"))
    header["tensors"] = [PlanTensor(n, i, d, tuple(shape)) for n, i, d, shape in header["tensors"]]
    header["compute_capability"] = tuple(header["compute_capability"])
    return Plan(onnx=body[8 + length :], **header)
