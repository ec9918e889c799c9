"""The real modules' surfaces, as tests/doubles/surfaces/ holds them."""

import json
import os
from typing import Any, Dict

FOLDER = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "surfaces")


def surface(name: str) -> Dict[str, Any]:
    """Of a release of TensorRT ("8.2"), or of "pycuda"."""
    with open(os.path.join(FOLDER, name + ".json"), encoding="utf-8") as file:
        return json.load(file)
