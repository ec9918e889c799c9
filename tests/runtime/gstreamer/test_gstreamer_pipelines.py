"""The pipelines as text, for a Jetson and elsewhere; and what is said where an element is missing. Nothing is run."""

import pytest

from runtime.errors import MissingPackageError, SourceError, UsageError
from runtime.gstreamer import elements, encoding, pipelines
from runtime.gstreamer.opencv import has_gstreamer
from runtime.gstreamer.pipelines import CameraFormat, Machine
from runtime.gstreamer.trouble import error_from

PLAIN = Machine(frozenset(elements.PACKAGES) - {n for n, p in elements.PACKAGES.items() if "l4t" in p}, jetson=False)
JETSON = Machine(frozenset(elements.PACKAGES), jetson=True)
LEAKY = "queue max-size-buffers=1 max-size-bytes=0 max-size-time=0 leaky=downstream"
TO_BGR = "videoconvert ! video/x-raw,format=BGR"
VIC = "nvvidconv ! video/x-raw,format=BGRx{} ! " + TO_BGR

MJPG = CameraFormat("MJPG", (1280, 720), 30.0)
YUYV = CameraFormat("YUYV", (640, 480), 29.97)
RTSP = (
    'rtspsrc location="rtsp://cam/1" latency=200 protocols=tcp drop-on-latency=true tcp-timeout=5000000'
    " ! application/x-rtp,media=video ! decodebin ! " + LEAKY + " ! "
)
CSI_SOURCE = "nvarguscamerasrc sensor-id=1 ! video/x-raw(memory:NVMM),width=1280,height=720,format=NV12,framerate=30/1"
USB_MJPG = 'v4l2src device="/dev/video0" io-mode=2 ! image/jpeg,width=1280,height=720,framerate=30/1 ! '
USB_YUYV = (
    'v4l2src device="/dev/video0" io-mode=2 ! video/x-raw,format=YUY2,width=640,height=480,framerate=30000/1001 ! '
    + LEAKY
    + " ! "
)

GOLDEN = [
    (pipelines.csi(JETSON, 1, (1280, 720), 30), CSI_SOURCE + " ! " + VIC.format(",width=1280,height=720")),
    (
        pipelines.camera(JETSON, "/dev/video0", MJPG, (640, 360)),
        USB_MJPG + "jpegparse ! nvv4l2decoder mjpeg=1 ! " + LEAKY + " ! " + VIC.format(",width=640,height=360"),
    ),
    (
        pipelines.camera(PLAIN, "/dev/video0", MJPG, (640, 360)),
        USB_MJPG
        + "jpegdec ! "
        + LEAKY
        + " ! videoscale ! "
        + TO_BGR.replace("BGR", "BGR,width=640,height=360,pixel-aspect-ratio=1/1"),
    ),
    (pipelines.camera(JETSON, "/dev/video0", YUYV), USB_YUYV + VIC.format("")),
    (pipelines.camera(PLAIN, "/dev/video0", YUYV, (640, 480)), USB_YUYV + TO_BGR),
    (pipelines.rtsp(JETSON, "rtsp://cam/1"), RTSP + VIC.format("")),
    (pipelines.rtsp(PLAIN, "rtsp://cam/1"), RTSP + TO_BGR),
    (pipelines.file(JETSON, "a b.mp4"), 'filesrc location="a b.mp4" ! decodebin ! ' + VIC.format("")),
    (pipelines.file(PLAIN, 'a"b.mkv'), 'filesrc location="a\\"b.mkv" ! decodebin ! ' + TO_BGR),
    (pipelines.custom(PLAIN, " videotestsrc ! "), "videotestsrc ! " + LEAKY + " ! " + TO_BGR),
    (
        encoding.recording(PLAIN, "out.mp4", 30, 640, 480),
        "fdsrc fd=0 ! gdpdepay ! videoconvert ! video/x-raw,format=I420 ! x264enc tune=zerolatency "
        "speed-preset=ultrafast key-int-max=30 bitrate=1382 ! h264parse ! mp4mux fragment-duration=1000 ! "
        'filesink location="out.mp4" buffer-mode=unbuffered',
    ),
    (
        encoding.recording(JETSON, "out.mp4", 24, 640, 480),
        "fdsrc fd=0 ! gdpdepay ! videoconvert ! video/x-raw,format=BGRx ! nvvidconv ! "
        "video/x-raw(memory:NVMM),format=NV12 ! nvv4l2h264enc insert-sps-pps=true idrinterval=24 bitrate=1105920 ! "
        'h264parse ! mp4mux fragment-duration=1000 ! filesink location="out.mp4" buffer-mode=unbuffered',
    ),
]


@pytest.mark.parametrize("built, expected", GOLDEN, ids=range(len(GOLDEN)))
def test_golden(built, expected):
    assert built == expected


def test_a_jetson_without_nvidias_elements_decodes_plainly():
    jetson = PLAIN._replace(jetson=True)
    assert pipelines.camera(jetson, "/dev/video0", MJPG) == pipelines.camera(PLAIN, "/dev/video0", MJPG)
    assert "nvjpegdec" not in pipelines.camera(JETSON, "/dev/video0", MJPG), "it crashes at random"


@pytest.mark.parametrize("fps, text", [(30, "30/1"), (29.97, "30000/1001"), (7.5, "15/2"), (59.94, "60000/1001")])
def test_rates_as_fractions(fps, text):
    assert "framerate=" + text in pipelines.camera(PLAIN, "/dev/video0", MJPG._replace(fps=fps))


@pytest.mark.parametrize(
    "build, element, package",
    [
        (lambda m: pipelines.camera(m, "/dev/video0", MJPG), "v4l2src", "gstreamer1.0-plugins-good"),
        (lambda m: pipelines.rtsp(m, "rtsp://cam"), "decodebin", "gstreamer1.0-plugins-base"),
        (lambda m: encoding.recording(m, "o.mp4", 30, 64, 48), "x264enc", "gstreamer1.0-plugins-ugly"),
        (lambda m: pipelines.csi(m._replace(jetson=True), 0, (64, 48), 30), "nvvidconv", "nvidia-l4t-gstreamer"),
    ],
)
def test_a_missing_element_is_named_with_its_package(build, element, package):
    with pytest.raises(MissingPackageError, match="{}.*apt-get install .*{}".format(element, package)):
        build(PLAIN._replace(elements=PLAIN.elements - {element}))


def test_without_gstreamer_its_tools_are_named_too():
    with pytest.raises(MissingPackageError, match="gstreamer1.0-tools"):
        pipelines.rtsp(Machine(frozenset(), jetson=False), "rtsp://cam/1")


def test_what_makes_no_sense():
    with pytest.raises(UsageError, match="no Jetson"):
        pipelines.csi(PLAIN, 0, (640, 480), 30)
    with pytest.raises(UsageError, match="needs a pipeline"):
        pipelines.custom(PLAIN, " ! ")
    with pytest.raises(UsageError, match="H264"):
        pipelines.camera(PLAIN, "/dev/video0", MJPG._replace(format="H264"))


def test_the_listing_of_gst_inspect():
    lines = "coreelements:  capsfilter: CapsFilter\n1394:  dv1394src: Firewire source\ntypefindfunctions: x/y: z\n"
    assert elements.elements_in(lines + "\nTotal count: 259 plugins") == {"capsfilter", "dv1394src"}


def test_a_jetson_is_told_by_its_files(tmp_path):
    assert not elements.is_jetson(str(tmp_path))
    (tmp_path / "proc" / "device-tree").mkdir(parents=True)
    (tmp_path / "proc" / "device-tree" / "model").write_bytes(b"NVIDIA Jetson Nano Developer Kit\0")
    assert elements.is_jetson(str(tmp_path))


def test_whether_opencv_has_gstreamer():
    assert has_gstreamer("  Video I/O:\n    GStreamer:                   YES (1.14.5)\n")
    assert not has_gstreamer("  Video I/O:\n    GStreamer:                   NO\n")


@pytest.mark.parametrize(
    "trouble, kind, words",
    [
        ('parse: no element "x264enc"', MissingPackageError, "x264enc: apt-get install gstreamer1.0-plugins-ugly"),
        ("parse: syntax error", UsageError, "cannot read the pipeline: syntax error"),
        ("library: libgstreamer-1.0.so.0: cannot open", MissingPackageError, "gstreamer1.0-tools"),
        ("Unauthorized | Unauthorized (401)", SourceError, "user name or password"),
        ("Not found | Not Found (404)", SourceError, "no such stream"),
        ("Could not open resource. | Failed to connect. (Generic error)", SourceError, "is the server running"),
        ("Cannot open '/dev/video0' | system error: Permission denied", SourceError, "-aG video"),
        ("Error while writing | No space left on device", SourceError, "the disk is full"),
        ("Your GStreamer installation is missing a plug-in.", MissingPackageError, "gstreamer1.0-libav"),
        ("something nobody saw before", SourceError, "something nobody saw before"),
    ],
)
def test_what_elements_say_becomes_one_line_with_a_mend(trouble, kind, words):
    error = error_from(trouble, "rtsp://me:secret@cam/1")
    assert type(error) is kind
    assert words in str(error)
    assert "secret" not in str(error)
    assert "\n" not in str(error)
