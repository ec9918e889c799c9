"""A program of its own: runs one GStreamer pipeline, with libgstreamer alone, in a process that may crash or be killed.

    SHELFSIGHT_PIPELINE="videotestsrc ! ... ! gdppay ! fdsink fd=1" python launch.py capture REPORT_FD

`capture` ends when its standard input ends; `record` leaves its standard input to the pipeline, and only its end or an
error ends it. Times of live buffers are those of the monotonic clock: the base time is 0. The pipeline comes in the
environment, which other users cannot read, since it may hold a password. What went wrong is written to REPORT_FD.
"""

import ctypes
import os
import re
import signal
import sys
import threading
from typing import Optional

PLAYING, NULL = 4, 1
EOS, ERROR = 1, 2
FAILURE = 0
CLOCK_TIME_NONE = 2**64 - 1
POINTER = ctypes.c_void_p


class MiniObject(ctypes.Structure):
    """GstMiniObject; its size is where GstMessage's own fields begin. The layout is part of GStreamer 1.x's ABI."""

    _fields_ = [
        ("gtype", ctypes.c_size_t),
        ("refcount", ctypes.c_int),
        ("lockstate", ctypes.c_int),
        ("flags", ctypes.c_uint),
        ("copy", POINTER),
        ("dispose", POINTER),
        ("free", POINTER),
        ("priv_uint", ctypes.c_uint),
        ("priv_pointer", POINTER),
    ]


class Message(ctypes.Structure):
    """GstMessage, as far as its type."""

    _fields_ = [("mini_object", MiniObject), ("kind", ctypes.c_uint)]


class Error(ctypes.Structure):
    """GError."""

    _fields_ = [("domain", ctypes.c_uint32), ("code", ctypes.c_int), ("message", ctypes.c_char_p)]


def load() -> ctypes.CDLL:
    """libgstreamer with the signatures that are used here; OSError where it is not installed."""
    gst = ctypes.CDLL("libgstreamer-1.0.so.0")
    error = ctypes.POINTER(ctypes.POINTER(Error))
    signatures = {
        "gst_init": (None, [POINTER, POINTER]),
        "gst_parse_launch": (POINTER, [ctypes.c_char_p, error]),
        "gst_system_clock_obtain": (POINTER, []),
        "gst_pipeline_use_clock": (None, [POINTER, POINTER]),
        "gst_element_set_start_time": (None, [POINTER, ctypes.c_uint64]),
        "gst_element_set_base_time": (None, [POINTER, ctypes.c_uint64]),
        "gst_element_set_state": (ctypes.c_int, [POINTER, ctypes.c_int]),
        "gst_element_get_bus": (POINTER, [POINTER]),
        "gst_bus_timed_pop_filtered": (ctypes.POINTER(Message), [POINTER, ctypes.c_uint64, ctypes.c_int]),
        "gst_bus_post": (ctypes.c_int, [POINTER, POINTER]),
        "gst_message_new_eos": (POINTER, [POINTER]),
        "gst_message_parse_error": (None, [POINTER, error, ctypes.POINTER(ctypes.c_char_p)]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(gst, name)
        function.restype, function.argtypes = result, arguments
    return gst


def run(gst: ctypes.CDLL, text: str, is_capture: bool) -> str:
    """Play the pipeline `text` to its end; what went wrong, "" for nothing."""
    gst.gst_init(None, None)
    error = ctypes.POINTER(Error)()
    pipeline = gst.gst_parse_launch(text.encode("utf-8"), ctypes.byref(error))
    if error or not pipeline:
        return "parse: " + (text_of(error.contents.message) if error else "no pipeline")
    gst.gst_pipeline_use_clock(pipeline, gst.gst_system_clock_obtain())
    if is_capture:
        gst.gst_element_set_start_time(pipeline, CLOCK_TIME_NONE)
        gst.gst_element_set_base_time(pipeline, 0)
    bus = gst.gst_element_get_bus(pipeline)
    if is_capture:
        threading.Thread(target=end_with_parent, args=(gst, bus), daemon=True).start()
    gst.gst_element_set_state(pipeline, PLAYING)  # where that fails, the bus says why
    trouble = wait(gst, bus)
    gst.gst_element_set_state(pipeline, NULL)
    return trouble


def wait(gst: ctypes.CDLL, bus: int) -> str:
    """Until the end of the stream or an error, and what that error says."""
    message = gst.gst_bus_timed_pop_filtered(bus, CLOCK_TIME_NONE, EOS | ERROR)
    if message.contents.kind == EOS:
        return ""
    error, debug = ctypes.POINTER(Error)(), ctypes.c_char_p()
    gst.gst_message_parse_error(message, ctypes.byref(error), ctypes.byref(debug))
    return with_reason(text_of(error.contents.message), text_of(debug.value))


def with_reason(message: str, debug: str) -> str:
    """An element's `message` and what its `debug` text adds; without those that name source files."""
    lines = [line for line in debug.strip().splitlines() if not re.search(r"\.c(pp)?\(\d+\): ", line)]
    return " | ".join([message] + lines[-1:])


def end_with_parent(gst: ctypes.CDLL, bus: int) -> None:
    """Have `wait` return when whoever started us closes our standard input, or is gone."""
    while os.read(0, 4096):
        pass
    gst.gst_bus_post(bus, gst.gst_message_new_eos(None))


def text_of(data: Optional[bytes]) -> str:
    """Whatever an element says, as text."""
    return (data or b"").decode("utf-8", "replace")


def main() -> int:
    """Exit status 0 after the end of the stream, 1 after an error, which is written to the report."""
    role, report = sys.argv[1], int(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if role == "record":
        # A service is stopped by a signal to all its processes: the recording still has to be finished.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        trouble = run(load(), os.environ["SHELFSIGHT_PIPELINE"], role == "capture")
    except OSError as error:
        trouble = "library: {}".format(error)
    os.write(report, trouble.encode("utf-8", "replace")[:4000])
    return 1 if trouble else 0


if __name__ == "__main__":
    os._exit(main())
