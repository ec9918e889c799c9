"""The flags of the camera program: a contract that scripts, units and benchmarks rely on."""

import argparse
import os
from typing import NoReturn

from runtime import __version__
from runtime.command_line.flag_values import (
    byte_count,
    keep,
    network_size,
    number_within,
    precision,
    resolution,
    segment,
)
from runtime.command_line.several import prefixed
from runtime.errors import UsageError
from runtime.recognition import heads
from runtime.settings import AUTO

TOKEN_VARIABLE = "SHELFSIGHT_TOKEN"

EPILOG = """
examples:
  python -m runtime.camera --res 640x480 --size 160
  python -m runtime.camera --source 0 --fps 24 --sink web
  python -m runtime.camera --source video.mp4 --fps 0 --sink out.mp4 --report -
  python -m runtime.camera --detector yolov8n.onnx --source photos/ --sink none --report -
  python -m runtime.camera @/etc/shelfsight/camera.flags

--fps is only the nominal rate. The program shows and reports the true one: distinct captured
frames that were inferred on and presented, per second, and what bounds it.
exit status: 0 done, 1 it could not run, 2 wrong usage.
"""


class _Parser(argparse.ArgumentParser):
    """Raises instead of exiting."""

    def error(self, message: str) -> NoReturn:
        raise UsageError("{} (python -m runtime.camera --help lists the flags)".format(message))


def make_parser() -> argparse.ArgumentParser:
    """The parser, for the program and for the test that every flag is documented."""
    parser = _Parser(
        prog="python -m runtime.camera",
        description="Name the products in front of a camera, and tell the truth about the speed.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version="shelfsight " + __version__)
    parser.add_argument("-v", "--verbose", action="store_true", help="log more; show the traceback of an error")

    parser.add_argument(
        "--check-config",
        action="store_true",
        help="say what is wrong with the flags, and start nothing (default: start)",
    )

    what = parser.add_argument_group("what to look at")
    what.add_argument(
        "--source",
        metavar="[NAME=]URI",
        type=prefixed(),
        action="append",
        help="auto (the first camera found, else demo://), a camera as 0 or /dev/video0, csi://0, rtsp://..., a video "
        "file, a folder of images, demo://, gst:PIPELINE, or fault://KIND@URI (default: auto); may be repeated: "
        "several cameras are looked at side by side, and a flag's value that begins with NAME= is for that one alone "
        "(docs/cameras.md)",
    )
    what.add_argument(
        "--list-modes",
        action="store_true",
        help="print what the camera of --source (default: each) can do, and which mode --res and --fps would take",
    )
    what.add_argument(
        "--wait", action="store_true", help="wait for an absent camera, showing offline, instead of exit 1"
    )
    what.add_argument(
        "--res",
        metavar="WxH",
        type=prefixed(resolution),
        action="append",
        help="capture resolution (default: 640x480; files keep their own, and are fitted into this if it is given)",
    )
    what.add_argument(
        "--fps",
        metavar="F",
        type=prefixed(number_within(0, 1000)),
        action="append",
        help="nominal rate, 0 = as fast as it goes (default: a video's own; 30 for what is live; a folder 0)",
    )
    what.add_argument(
        "--weight",
        metavar="W",
        type=prefixed(number_within(0, 1000, above=True)),
        action="append",
        help="a camera's part in the networks' time, against the others', as in door=2 (default: 1)",
    )
    what.add_argument(
        "--sequential",
        action="store_true",
        help="one frame after the other on one thread (default: capture, inference and presenting overlap)",
    )

    models = parser.add_argument_group("what to look with")
    models.add_argument(
        "--bundle",
        metavar="DIR",
        help="the models of both stages: a folder, demo or groceries (default: demo for demo://, else groceries)",
    )
    models.add_argument(
        "--detector",
        metavar="FILE.onnx",
        help="another stage 1; without --bundle there is no stage 2",
    )
    models.add_argument(
        "--size",
        metavar="N",
        type=network_size,
        help="longer side of the detector's input in pixels, a multiple of 32; the other follows the shape of the "
        "pictures (default: 160, or what the model is fixed to)",
    )
    models.add_argument(
        "--square",
        action="store_true",
        help="a square input, with grey bars beside the picture (default: of the picture's shape)",
    )
    models.add_argument(
        "--stretch",
        action="store_true",
        help="pictures fill the input whatever becomes of their shape (default: as they are, with bars where needed)",
    )
    models.add_argument(
        "--classes",
        metavar="NAMES",
        help="class names of --detector: a file with one a line, a comma-separated list, or coco "
        "(default: the model's metadata)",
    )
    models.add_argument(
        "--head", choices=heads.NAMES, help="output layout of --detector (default: told by its metadata and shape)"
    )
    models.add_argument(
        "--conf",
        dest="min_score",
        metavar="S",
        type=number_within(0, 1),
        help="lowest detector score that counts, 0..1 (default: the bundle's, else 0.25)",
    )
    models.add_argument(
        "--iou",
        metavar="R",
        type=number_within(0, 1),
        help="overlap above which the weaker of two boxes goes, 0..1 (default: the bundle's, else 0.7)",
    )
    models.add_argument(
        "--catalogue",
        metavar="FILE",
        type=lambda text: None if text == "none" else text,
        default=AUTO,
        help="products taught on this device, named beside the bundle's; none: without them (default: "
        "catalogue.sqlite in the service's state folder or ~/.local/share/shelfsight, where the page is served or it "
        "is there)",
    )
    models.add_argument(
        "--engine",
        choices=("auto", "tensorrt", "openvino", "onnx"),
        default="auto",
        help="what runs the networks: onnx; tensorrt or openvino, or exit 1; auto, TensorRT where it is, its engines "
        "built where none fits, else OpenVINO where it is and the CPU has BF16, else onnxruntime (default: auto)",
    )
    models.add_argument(
        "--precision",
        metavar="P",
        type=precision,
        help="of TensorRT fp16 or fp32, of OpenVINO bf16 or fp32; fp32 takes the place of what does not agree with the "
        "model (default: fp16, bf16)",
    )
    models.add_argument(
        "--meanwhile",
        choices=("onnx",),
        help="run on onnxruntime while an engine is being built (default: wait for it)",
    )
    models.add_argument(
        "--threads",
        metavar="N",
        type=number_within(0, 256, int),
        default=0,
        help="CPU threads of the networks, 0 = one a core (default: 0)",
    )
    models.add_argument(
        "--classify-every",
        metavar="K",
        type=number_within(1, 10000, int),
        default=10,
        help="a followed object keeps its name and is looked at again after K frames, or sooner where it is new, "
        "changed or unsure; 1 = every object on every frame (default: 10)",
    )
    models.add_argument(
        "--classify-budget-ms",
        metavar="B",
        type=number_within(0, 1e6),
        help="time of stage 2 on one frame, for at least one object, the most uncertain first; 0 = as long as it takes "
        "(default: a quarter of stage 1's time)",
    )

    told = parser.add_argument_group("what to tell of it")
    told.add_argument(
        "--zones",
        metavar="FILE",
        type=prefixed(),
        action="append",
        help="count what is in zones and what passes lines, which this JSON file has in shares of the picture: on the "
        "picture, the page and in the report (docs/counting.md)",
    )
    told.add_argument(
        "--shelf",
        metavar="FILE",
        type=prefixed(),
        action="append",
        help="watch a shelf, and say what is low, empty or wrong: a layout as JSON, which the page teaches where it is "
        "not there yet, or a .csv of row,product,facings (docs/counting.md)",
    )

    shown = parser.add_argument_group("where it goes")
    shown.add_argument(
        "--sink",
        dest="sinks",
        metavar="KIND",
        type=prefixed(),
        action="append",
        help="window, web, none, the path of an .mp4, of a .jsonl or .csv (names as data), of a .sqlite (a history, a "
        "row for each thing seen), a folder/ for pictures, rtsp (a stream at rtsp://127.0.0.1:8554/shelfsight) or "
        "rtsp://ADDR:PORT/NAME; may be repeated (default: window with a display, else web)",
    )
    shown.add_argument(
        "--segment",
        metavar="LENGTH",
        type=segment,
        help="record in files of this time or size, as in 10m or 500MB: out.mp4 gives out-000001.mp4, ... "
        "(default: one file)",
    )
    shown.add_argument(
        "--keep",
        dest="keep_bytes",
        metavar="SIZE",
        type=byte_count,
        help="delete the oldest segments, or rows of a .sqlite, when all together take more than this, as in 20GB "
        "(default: keep all)",
    )
    shown.add_argument(
        "--listen",
        metavar="ADDR",
        default="127.0.0.1",
        help="address that the page is served on; beyond localhost only with a token (default: 127.0.0.1)",
    )
    shown.add_argument(
        "--port",
        metavar="N",
        type=number_within(0, 65535, int),
        default=8080,
        help="port of the page, 0 = any free one (default: 8080)",
    )
    shown.add_argument(
        "--token",
        metavar="T",
        default=os.environ.get(TOKEN_VARIABLE),
        help="secret that the page asks for (default: the environment variable {}, which other users cannot "
        "see)".format(TOKEN_VARIABLE),
    )
    shown.add_argument(
        "--panel",
        choices=("auto", "on", "off"),
        default=AUTO,
        help="the figures on the picture; auto: but not for the page alone, which has them beside it; p in the window "
        "hides and shows them (default: auto)",
    )
    shown.add_argument(
        "--keep-history",
        metavar="AGE,SIZE",
        type=keep,
        help="forget the oldest of a .sqlite beyond this age or size, as in 30d,2GB (default: keep all)",
    )
    shown.add_argument(
        "--on",
        dest="hooks",
        metavar="EVENT=URL",
        action="append",
        help="post JSON there when a product appears or is gone, something stays unknown, the source goes offline or "
        "comes online, a slot is filled, low, empty or wrong, something crossed a line, or any of these; may be "
        "repeated; signed with the environment variable SHELFSIGHT_WEBHOOK_SECRET (default: nobody)",
    )
    shown.add_argument(
        "--mqtt",
        metavar="URL",
        help="tell a broker what is seen, and Home Assistant by it: mqtt://user@host:1883/prefix, or mqtts:// "
        "(default: nobody); the password comes from the environment variable SHELFSIGHT_MQTT_PASSWORD",
    )
    shown.add_argument("--mqtt-password-file", metavar="FILE", help="or from a file")
    shown.add_argument(
        "--mqtt-picture",
        dest="mqtt_picture_every_s",
        metavar="S",
        type=number_within(1, 86400),
        help="send the picture there too, every S seconds (default: never)",
    )
    shown.add_argument(
        "--take-bundles",
        metavar="DIR",
        help="take bundles that python -m jetson.fleet roll hands out through the broker, keep them in this folder, "
        "and run the newest in the place of --bundle (default: none is taken; docs/fleet.md)",
    )
    shown.add_argument(
        "--bundle-key",
        metavar="FILE",
        help="take only what is signed with the key in this file, which the fleet has too (default: what the broker "
        "hands on)",
    )
    shown.add_argument(
        "--frames", metavar="N", type=number_within(1, 10**12, int), help="stop after N presented frames"
    )
    shown.add_argument(
        "--seconds", metavar="S", type=number_within(0, float("inf"), above=True), help="stop after S seconds"
    )
    shown.add_argument("--report", metavar="FILE", help="write the figures as JSON at the end, - = standard output")
    shown.add_argument(
        "--log-every",
        dest="log_every_s",
        metavar="S",
        type=number_within(0, float("inf"), above=True),
        default=5.0,
        help="seconds between two log lines (default: 5)",
    )
    return parser
