"""Python and the libraries that the program stands on, each looked at in a process of its own."""

import signal
from typing import Iterator

from jetson.checks.finding import NOT_APPLICABLE, OK, PROBLEM, WARNING, Finding
from jetson.checks.machine import PYTHON, Answer, Machine

_SETUP = "sudo sh jetson/setup.sh"
_TLS = "static TLS block"
FP16_FROM = {"sm_53", "sm_60", "sm_62", "sm_70", "sm_72", "sm_75"}
"""GPUs that compute in FP16 at least as fast as in FP32 (CUDA programming guide, throughput of native arithmetic), and
all from sm_80 on."""


def probe(machine: Machine, name: str) -> Answer:
    """What python -m jetson.probe says."""
    return machine.ask(PYTHON, "-m", "jetson.probe", name)


def check_libraries(machine: Machine) -> Iterator[Finding]:
    """All of them."""
    yield _python(machine)
    yield _numpy(machine)
    yield _cv2(machine)
    yield _plain(machine, "onnxruntime", PROBLEM if not machine.is_jetson else WARNING, "runs what has no engine")
    yield _plain(machine, "aiohttp", WARNING, "serves the page")
    yield _tensorrt(machine)
    if not machine.is_jetson:
        yield _openvino(machine)
    yield _pycuda(machine)


def _python(machine: Machine) -> Finding:
    version = machine.ask(PYTHON, "--version").output
    if machine.is_nano and not version.startswith("Python 3.6."):
        return Finding(
            "Python", PROBLEM, version + ": TensorRT's bindings on a Nano are for the system's 3.6 only", _SETUP
        )
    return Finding("Python", OK, version)


def broken(name: str, answer: Answer) -> Finding:
    """Why a library does not load, with the mend that is known for it."""
    if answer.status in (-signal.SIGILL, 128 + signal.SIGILL):
        return Finding(
            name,
            PROBLEM,
            "illegal instruction: numpy 1.19.5's OpenBLAS does not know this processor",
            "export OPENBLAS_CORETYPE=ARMV8 (the service: /etc/shelfsight/environment); or pip install numpy==1.19.4",
        )
    if _TLS in answer.output:
        return Finding(
            name,
            PROBLEM,
            "libgomp found no room: cannot allocate memory in static TLS block",
            "export LD_PRELOAD=/usr/lib/aarch64-linux-gnu/libgomp.so.1 (the service: /etc/shelfsight/environment)",
        )
    if answer.status < 0:
        return Finding(name, PROBLEM, "ended by {}".format(signal.Signals(-answer.status).name), _SETUP)
    return Finding(name, PROBLEM, answer.last_line or "does not load", _SETUP)


def _plain(machine: Machine, name: str, level: str, use: str) -> Finding:
    answer = probe(machine, name)
    if answer.status == 0:
        return Finding(name, OK, answer.last_line)
    found = broken(name, answer)
    return found._replace(level=level, text="{} ({})".format(found.text, use))


def _numpy(machine: Machine) -> Finding:
    answer = probe(machine, "numpy")
    return Finding("numpy", OK, answer.last_line) if answer.status == 0 else broken("numpy", answer)


def _cv2(machine: Machine) -> Finding:
    answer = probe(machine, "cv2")
    if answer.status != 0:
        return broken("cv2", answer)
    if "GStreamer yes" in answer.output or not machine.is_jetson:
        return Finding("cv2", OK, answer.last_line)
    return Finding(
        "cv2",
        WARNING,
        answer.last_line + ": this one is pip's, and JetPack's own, which has it, stands behind it",
        "pip uninstall opencv-python opencv-python-headless; sudo apt-get install libopencv-python",
    )


def _tensorrt(machine: Machine) -> Finding:
    answer = probe(machine, "tensorrt")
    if answer.status == 0:
        return Finding("TensorRT", OK, answer.last_line)
    if not machine.is_jetson:
        return Finding("TensorRT", NOT_APPLICABLE, "not installed: onnxruntime runs the networks")
    if "No module named" in answer.output:
        return Finding(
            "TensorRT",
            PROBLEM,
            "this Python does not see JetPack's",
            "sudo apt-get install python3-libnvinfer; a venv needs --system-site-packages: " + _SETUP,
        )
    return broken("TensorRT", answer)


def _openvino(machine: Machine) -> Finding:
    answer = probe(machine, "openvino")
    if answer.status == 0:
        return Finding("OpenVINO", OK, answer.last_line)
    return Finding("OpenVINO", NOT_APPLICABLE, "for x86-64 CPUs with BF16: " + (answer.last_line or "does not load"))


def _pycuda(machine: Machine) -> Finding:
    answer = probe(machine, "pycuda")
    if answer.status != 0 and not machine.is_jetson:
        return Finding("GPU", NOT_APPLICABLE, "no pycuda with a GPU here")
    if answer.status != 0:
        found = broken("pycuda", answer)
        is_absent = "No module named" in answer.output
        return found._replace(mend="PATH=/usr/local/cuda/bin:$PATH pip install pycuda==2022.1") if is_absent else found
    sm = answer.last_line.rsplit(" ", 1)[-1]
    number = int(sm[3:]) if sm[3:].isdigit() else 0
    if sm in FP16_FROM or number >= 80:
        return Finding("GPU", OK, answer.last_line + ", FP16")
    return Finding("GPU", WARNING, answer.last_line + ": FP16 is slow on it", "--precision fp32")
