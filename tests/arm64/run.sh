#!/bin/bash
# The device part's tests on a Nano's processor, without one: Debian 12 for arm64, QEMU emulating a Cortex-A57.
#
#     sudo bash tests/arm64/run.sh                  the tests of the device part, the longest left out (see TESTS)
#     sudo bash tests/arm64/run.sh ARGUMENTS        pytest with these arguments
#     KEEP=FOLDER sudo -E bash tests/arm64/run.sh   keep the root in FOLDER, and take it from there next time
#
# Real: the machine code of CPython, numpy, OpenCV and onnxruntime for arm64, and ours on top. Not: a kernel for arm64
# (system calls go to this machine's), a GPU, JetPack's Python 3.6. Slow: each instruction is translated. A command of its own,
# outside CI. Needs root, the network (Debian's packages and PyPI), pip, and Debian's packages mmdebstrap,
# qemu-user-static and arch-test.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
checkout=$(cd "$here/../.." && pwd)
binfmt=/proc/sys/fs/binfmt_misc
rule=/usr/lib/binfmt.d/qemu-aarch64.conf
root=${KEEP:-}
registered=
mounted=()

# Left out: what opens a browser or an X server, what a GPU's double plays (tests/doubles needs a compiler), development
# data, and whole runs of the camera, which take minutes each here.
TESTS=(
    tests/jetson/test_telemetry.py tests/jetson/test_doctor.py tests/jetson/test_engines.py
    tests/runtime/command_line/test_arguments.py tests/runtime/test_bundle.py tests/runtime/picture/test_compose.py
    tests/runtime/recognition/test_heads.py tests/runtime/recognition/test_letterbox.py
    tests/runtime/command_line/test_log_format.py
    tests/runtime/loop/test_sequential.py tests/runtime/figures/test_meter.py
    tests/runtime/sources/test_newest.py tests/runtime/recognition/test_nms.py
    tests/runtime/loop/test_pacing.py tests/runtime/figures/test_report.py tests/runtime/recognition/test_stages.py
    tests/runtime/recognition/test_tracker.py tests/benchmarks/scoring/test_scoring.py
)

say() {
    echo "arm64: $*" >&2
}

missing=()
for pair in mmdebstrap:mmdebstrap qemu-aarch64-static:qemu-user-static arch-test:arch-test; do
    command -v "${pair%%:*}" >/dev/null || missing+=("${pair#*:}")
done
if [ ${#missing[@]} -gt 0 ]; then
    say "missing: sudo apt-get install -y --no-install-recommends ${missing[*]}"
    exit 2
fi
if [ "$(id -u)" -ne 0 ]; then
    say "needs root: sudo bash tests/arm64/run.sh"
    exit 2
fi

clean_up() {
    for place in "${mounted[@]}"; do
        umount "$place" || say "still mounted: $place"
    done
    if [ -n "$registered" ]; then
        echo -1 >"$binfmt/qemu-aarch64"
    fi
    if [ -z "${KEEP:-}" ] && [ -n "$root" ]; then
        rm -rf --one-file-system "$root"
    fi
}
trap clean_up EXIT

emulation() { # programs for arm64 go to QEMU while this runs
    [ -e "$binfmt/register" ] || mount -t binfmt_misc binfmt_misc "$binfmt"
    if [ ! -e "$binfmt/qemu-aarch64" ]; then
        grep -v '^#' "$rule" >"$binfmt/register"
        registered=yes
    fi
}

debian() {
    [ -n "$root" ] || root=$(mktemp -d /var/tmp/shelfsight-arm64.XXXXXX)
    if [ -x "$root/usr/bin/python3" ]; then
        say "taking the root that is there: $root"
        return
    fi
    say "Debian 12 for arm64 (minutes: each package is configured under emulation)"
    mmdebstrap --quiet --arch=arm64 --variant=minbase --include=python3,libglib2.0-0,procps \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' bookworm "$root"
}

wheels() { # unpacked by this machine's pip, since theirs would take its time
    if [ -d "$root/opt/site" ]; then
        return
    fi
    say "wheels for arm64"
    version=$(sed -n 's/^opencv-python==\(.*\); python_version >= .*/\1/p' "$checkout/constraints.txt")
    env -u PIP_FIND_LINKS python3 -m pip install --quiet --root-user-action=ignore --disable-pip-version-check \
        --no-compile --target "$root/opt/site" \
        --only-binary :all: --python-version 3.11 --implementation cp --abi cp311 --abi abi3 --abi none \
        --platform manylinux_2_28_aarch64 --platform manylinux_2_27_aarch64 --platform manylinux_2_17_aarch64 \
        --platform manylinux2014_aarch64 --constraint "$checkout/constraints.txt" \
        numpy "opencv-python-headless==$version" onnxruntime onnx tqdm aiohttp pytest pytest-timeout hypothesis
}

program() { # as committed, with what is changed here
    rm -rf "$root/srv/shelfsight"
    mkdir -p "$root/srv/shelfsight"
    (cd "$checkout" && git ls-files -z --cached --others --exclude-standard |
        tar -c --null --files-from=- --ignore-failed-read) | tar -x -C "$root/srv/shelfsight"
}

cpuinfo() { # a Nano's: onnxruntime 1.31 dies of this machine's own, which tells of no Arm processor
    for number in $(seq 0 $(($(nproc) - 1))); do
        printf '%s\t: %s\n' processor "$number" BogoMIPS 38.40 \
            Features 'fp asimd evtstrm aes pmull sha1 sha2 crc32' 'CPU implementer' 0x41 'CPU architecture' 8 \
            'CPU variant' 0x1 'CPU part' 0xd07 'CPU revision' 1
        echo
    done
}

mounts() { # onnxruntime asks both for the processor, tests ask /proc
    for place in proc sys; do
        mkdir -p "$root/$place"
        mount --bind "/$place" "$root/$place"
        mounted=("$root/$place" "${mounted[@]}")
    done
    cpuinfo >"$root/opt/cpuinfo"
    mount --bind "$root/opt/cpuinfo" "$root/proc/cpuinfo"
    mounted=("$root/proc/cpuinfo" "${mounted[@]}")
}

emulation
debian
wheels
program
mounts
if [ $# -eq 0 ]; then
    set -- "${TESTS[@]}"
fi
inside() {
    chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 PYTHONPATH=/opt/site \
        QEMU_CPU=cortex-a57 PYTHONDONTWRITEBYTECODE=1 sh -c 'cd /srv/shelfsight && exec "$@"' sh "$@"
}
inside python3 -c 'import platform, numpy, cv2, onnxruntime
print("arm64:", platform.machine(), "Python", platform.python_version(), "numpy", numpy.__version__, "OpenCV",
      cv2.__version__, "onnxruntime", onnxruntime.__version__)'
inside python3 -m pytest -q -p no:cacheprovider -o timeout=900 "$@"
