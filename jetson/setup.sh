#!/bin/sh
# Set a machine up for Shelfsight: a Jetson (JetPack 4.6, 5, 6), or plain Debian or Ubuntu. May be run again at any time.
#
#     sudo sh jetson/setup.sh               the Python environment, /opt/shelfsight/venv, and what it needs
#     sudo sh jetson/setup.sh --dry-run     prints each step and its commands, and runs none
#     sudo sh jetson/setup.sh --swap        and 4 GB of swap, which a build of engines needs on a Nano
#     sudo sh jetson/setup.sh --max-power   and the highest power mode (a Nano: nvpmodel -m 0)
#     sudo sh jetson/setup.sh --fonts       and fonts for names in Korean, Chinese and Japanese (70 MB)
#     sudo sh jetson/setup.sh --venv DIR    the environment elsewhere
#     sudo sh jetson/setup.sh --undo        takes back what it made, and only that
#
# On a Jetson cv2, numpy (JetPack 4) and TensorRT are JetPack's own; pip installs what JetPack has not. Beside the
# environment it changes: Debian packages (named before they are installed), the groups of the user who calls it, and with
# the flags the swap file, /etc/fstab and the power mode. What it made stands in /opt/shelfsight/setup.made. systemd/install.sh
# does the rest: the service.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
checkout=$(dirname "$here")
# shellcheck source=jetson/jetpack.sh
. "$here/jetpack.sh"

# Where a test puts captured files; the root of a real machine is empty here.
root=${SHELFSIGHT_ROOT:-}
venv=/opt/shelfsight/venv
swap=
max_power=
fonts=
dry=
undo=
swapfile=/var/shelfsight.swap

say() {
    echo "shelfsight: $*"
}

fail() {
    echo "shelfsight: $*" >&2
    exit 1
}

step() { # a heading, and why
    echo
    echo "== $1"
    echo "   $2"
}

run() { # a command, shown; run unless --dry-run
    echo "   + $*"
    if [ -z "$dry" ]; then
        "$@" || fail "this failed: $*"
    fi
}

wrong_usage() {
    echo "shelfsight: $* (sh jetson/setup.sh --help)" >&2
    exit 2
}

parse() {
    while [ $# -gt 0 ]; do
        case $1 in
        --venv)
            [ $# -ge 2 ] || wrong_usage "--venv needs a folder"
            venv=${2%/}
            shift
            ;;
        --swap) swap=yes ;;
        --max-power) max_power=yes ;;
        --fonts) fonts=yes ;;
        --dry-run) dry=yes ;;
        --undo) undo=yes ;;
        -h | --help)
            sed -n 's/^# \{0,1\}//; 2,/^set/{/^set/!p;}' "$here/setup.sh"
            exit 0
            ;;
        *) wrong_usage "unknown argument $1" ;;
        esac
        shift
    done
    made=$root/opt/shelfsight/setup.made
}

# What this is: `jetpack` (4, 5, 6 or empty), `nano` (yes or empty).
look() {
    compatible=$(tr '\0' '\n' 2>/dev/null <"$root/proc/device-tree/compatible" || true)
    nano=
    case $compatible in
    *nvidia,tegra210*) nano=yes ;;
    esac
    look_for_jetpack "$root"
    [ "$jetpack" != unknown ] || fail "this script knows L4T 32, 35 and 36, this is: $release"
    if [ -n "$jetpack" ]; then
        say "a Jetson with JetPack $jetpack: $release"
    elif [ -e "$root/etc/debian_version" ]; then
        say "no Jetson: Debian or Ubuntu ($(cat "$root/etc/debian_version"))"
    else
        fail "neither a Jetson nor Debian or Ubuntu: the README says what is needed"
    fi
    [ -n "$dry" ] || [ "$(id -u)" -eq 0 ] || fail "needs root: sudo sh jetson/setup.sh (--dry-run does not)"
    python=/usr/bin/python3
}

note() { # remember a thing made, once
    if [ -z "$dry" ]; then
        mkdir -p "$root/opt/shelfsight"
        grep -qxF "$1" "$made" 2>/dev/null || echo "$1" >>"$made"
    fi
}

packages() {
    wanted="python3-venv python3-pip ca-certificates v4l-utils python3-gi gir1.2-gst-plugins-base-1.0 gstreamer1.0-tools
        gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly
        gstreamer1.0-libav"
    if [ -n "$jetpack" ]; then # python3-dev and g++ are what pycuda is built with
        wanted="$wanted python3-dev g++ python3-libnvinfer libopencv-python"
    else
        wanted="$wanted libgl1 libglib2.0-0"
    fi
    if [ -n "$fonts" ]; then
        wanted="$wanted fontconfig fonts-nanum fonts-noto-cjk"
    fi
    missing=
    for package in $wanted; do
        case $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null || true) in
        *" installed") ;;
        *) missing="$missing $package" ;;
        esac
    done
    step "Debian packages" "Python's environments, the camera's tools, GStreamer; on a Jetson JetPack's TensorRT and cv2"
    if [ -z "$missing" ]; then
        echo "   all there"
        return
    fi
    run apt-get update
    # shellcheck disable=SC2086 # a list of names
    run env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing
    for package in $missing; do
        note "package $package"
    done
}

environment() {
    step "the Python environment in $venv" "$(if [ -n "$jetpack" ]; then
        echo "with --system-site-packages: TensorRT and cv2 are JetPack's"
    else
        echo "of its own"
    fi)"
    if [ -x "$root$venv/bin/python" ]; then
        echo "   is there"
    else
        # The GStreamer bindings (gi) are the system's everywhere, and so are cv2 and TensorRT on a Jetson.
        run "$python" -m venv --system-site-packages "$root$venv"
        note "venv $venv"
    fi
    pip="$root$venv/bin/python -m pip --disable-pip-version-check"
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || echo "")
    # shellcheck disable=SC2086 # pip is several words
    case $version in
    3.6) run $pip install --quiet "pip==21.3.1" "setuptools==59.6.0" wheel ;; # the pip of 18.04 takes no manylinux2014
    *) run $pip install --quiet --upgrade pip setuptools wheel ;;
    esac
}

libraries() {
    step "Python packages" "at the versions of constraints.txt; onnx is what engines are built from"
    # shellcheck disable=SC2086 # pip is several words
    case $jetpack in
    "") run $pip install --quiet -c "$checkout/constraints.txt" numpy opencv-python onnxruntime "pillow>=8" tqdm aiohttp ;;
    4) # no opencv-python: it would hide JetPack's cv2
        run $pip install --quiet -c "$checkout/constraints.txt" numpy onnxruntime onnx "pillow>=8" tqdm aiohttp ;;
    *) # JetPack's cv2 and TensorRT were built for numpy 1
        run $pip install --quiet "numpy<2" onnxruntime "onnx<1.18" "pillow>=8" tqdm aiohttp
        ;;
    esac
}

gpu() {
    [ -n "$jetpack" ] || return 0
    step "pycuda" "the GPU from Python; built here, which takes minutes; nvcc is on CUDA's own path"
    # shellcheck disable=SC2086 # pip is several words
    if env OPENBLAS_CORETYPE=ARMV8 "$root$venv/bin/python" -c 'import pycuda' 2>/dev/null; then
        echo "   is there"
    else
        run env "PATH=/usr/local/cuda/bin:$PATH" "CUDA_ROOT=/usr/local/cuda" OPENBLAS_CORETYPE=ARMV8 \
            $pip install --quiet -c "$checkout/constraints.txt" pycuda
    fi
}

group() { # of the one who said sudo; the service's own user is systemd/install.sh's
    user=${SUDO_USER:-}
    if [ -z "$user" ] || [ "$user" = root ]; then
        return
    fi
    step "group video for $user" "without it /dev/video0 and the GPU are not to be opened; in force from the next login"
    if id -nG "$user" | tr ' ' '\n' | grep -qx video; then
        echo "   is in it"
    else
        run usermod -a -G video "$user"
        note "group video $user"
    fi
}

make_swap() {
    [ -n "$swap" ] || return 0
    step "4 GB of swap in $swapfile" "a build of engines on 4 GB of memory is killed without; undo: --undo"
    if [ -e "$root$swapfile" ]; then
        echo "   is there"
    else
        free_kb=$(df -Pk "${root:-/}" | awk 'END { print $4 }')
        [ "${free_kb:-0}" -gt 6000000 ] || [ -n "$dry" ] || fail "less than 6 GB are free: no room for 4 GB of swap"
        note "swap $swapfile" # before it is made, so that what a power cut leaves behind is known
        run fallocate -l 4G "$root$swapfile"
        run chmod 600 "$root$swapfile"
        run mkswap "$root$swapfile"
    fi
    if grep -q "^$swapfile " "$root/etc/fstab" 2>/dev/null; then
        echo "   /etc/fstab has it"
    else
        echo "   + echo '$swapfile none swap sw 0 0' >>/etc/fstab"
        [ -n "$dry" ] || echo "$swapfile none swap sw 0 0" >>"$root/etc/fstab"
    fi
    if ! grep -q "$swapfile" "$root/proc/swaps" 2>/dev/null; then
        run swapon "$root$swapfile"
    fi
}

power() {
    [ -n "$max_power" ] || return 0
    step "the highest power mode" "kept by the board over boots; the clocks are shelfsight-clocks.service's"
    if [ -z "$nano" ]; then
        echo "   only a Nano's modes are known here: sudo nvpmodel -p --verbose lists yours"
        return
    fi
    before=$(nvpmodel -q 2>/dev/null | awk 'END { print $1 }')
    if [ "$before" = 0 ]; then
        echo "   is on"
    else
        run nvpmodel -m 0
        note "nvpmodel ${before:-1}"
    fi
}

take_back() {
    [ -e "$made" ] || fail "nothing to undo: $made is not there"
    while read -r kind what more; do
        case $kind in
        venv)
            step "the environment $what" "made by this script"
            run rm -rf "$root$what"
            ;;
        swap)
            step "the swap file $what" "made by this script"
            if grep -q "$what" "$root/proc/swaps" 2>/dev/null; then
                run swapoff "$root$what"
            fi
            run rm -f "$root$what"
            run sed -i "\\|^$what none swap|d" "$root/etc/fstab"
            ;;
        group)
            step "group $what of $more" "given by this script"
            run gpasswd -d "$more" "$what"
            ;;
        nvpmodel)
            step "the power mode $what" "as it was"
            run nvpmodel -m "$what"
            ;;
        package) kept="${kept:-} $what" ;;
        esac
    done <"$made"
    if [ -n "${kept:-}" ]; then
        echo
        say "Debian packages are left, others may use them by now: sudo apt-get remove$kept"
    fi
    run rm -f "$made"
}

parse "$@"
look
if [ -n "$undo" ]; then
    take_back
    exit 0
fi
packages
environment
libraries
gpu
group
make_swap
power
echo
if [ -n "$dry" ]; then
    say "nothing was changed: --dry-run"
else
    say "done. What is still amiss: cd $checkout && $venv/bin/python -m jetson.doctor"
    say "the service: sudo sh systemd/install.sh"
fi
