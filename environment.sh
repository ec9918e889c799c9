# shellcheck shell=sh
# The project's own Python environment, set up where it is missing: sourced by run.sh and test.sh, which set `root`.
#
#   PYTHON           the Python to make it with; python3 unless set
#   SHELFSIGHT_VENV  its folder; .venv beside this file unless set, .venv-X.Y where PYTHON is set
#
# Everything is said on standard error: standard output belongs to the program.

say() {
    echo "shelfsight: $*" >&2
}

fail() {
    say "$@"
    exit 1
}

# shellcheck source=jetson/jetpack.sh disable=SC2154 # who sources this sets root
. "$root/jetson/jetpack.sh"
machine=${SHELFSIGHT_ROOT:-} # where a test puts a captured board; empty on a real machine

# environment_with EXTRAS: sets `venv` and `python`, with the base and those extras installed at the pinned versions.
environment_with() {
    host_python=${PYTHON:-python3}
    look_for_jetpack "$machine"
    if [ -n "$jetpack" ]; then
        export PATH="/usr/local/cuda/bin:$PATH"                  # nvcc, which pycuda asks
        export OPENBLAS_CORETYPE="${OPENBLAS_CORETYPE:-ARMV8}" # or some numpy dies of an illegal instruction on a Nano
        if prepared_by_setup "$1"; then
            return
        fi
    fi
    version=$("$host_python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) ||
        fail "no Python at '$host_python'. On Debian and Ubuntu: apt-get install python3-venv; or set PYTHON."
    venv=${SHELFSIGHT_VENV:-$root/.venv${PYTHON:+-$version}}
    python=$venv/bin/python
    stamp=$venv/shelfsight-$(echo "$1" | tr ',' '-')
    wanted=$(cd "$root" && { pwd && cat setup.py constraints.txt && echo "$jetpack"; } | cksum)
    if [ -x "$python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
        return
    fi
    site=
    if [ -n "$jetpack" ]; then
        site=--system-site-packages
        check_jetpack
    fi
    make_environment
    say "installing shelfsight[$1] at the versions of constraints.txt (half a minute, once)"
    case $version in
    3.6) build="pip setuptools wheel" ;; # the pip that comes with 3.6 takes no manylinux2014 wheels
    *) build="setuptools wheel" ;;
    esac
    # shellcheck disable=SC2086 # a list of names
    install --upgrade $build
    install --no-build-isolation --editable "${root}[$1]"
    case ,$1, in
    *,gpu,*) install --no-deps --force-reinstall onnxruntime-gpu ;; # laid over onnxruntime: see setup.py
    esac
    if [ -n "$jetpack" ]; then
        check_cv2 "$1"
    fi
    echo "$wanted" >"$stamp"
}

make_environment() {
    if [ -n "$site" ] && grep -q "include-system-site-packages = false" "$venv/pyvenv.cfg" 2>/dev/null; then
        say "the environment in $venv does not see JetPack's packages: making it anew"
        site="$site --clear"
    elif "$python" -m pip --version >/dev/null 2>&1; then
        return
    else
        say "making a Python $version environment in $venv"
    fi
    # shellcheck disable=SC2086 # options, or none
    "$host_python" -m venv $site "$venv" >&2 ||
        fail "could not make it. On Debian and Ubuntu: apt-get install python3-venv"
}

# prepared_by_setup EXTRAS: takes the environment that jetson/setup.sh has made, where nothing else is asked for.
prepared_by_setup() {
    venv=$machine/opt/shelfsight/venv
    python=$venv/bin/python
    if [ "$1" != dashboard ] || [ -n "${PYTHON:-}${SHELFSIGHT_VENV:-}" ] || [ ! -x "$python" ]; then
        return 1
    fi
    export PYTHONPATH="$root${PYTHONPATH:+:$PYTHONPATH}" # it holds what the program needs, not the program
}

# On a Jetson cv2, TensorRT and, where it is new enough for onnxruntime, numpy are JetPack's own: pip's cv2 has no
# GStreamer, and TensorRT is not on PyPI for it.
check_jetpack() {
    "$host_python" -c 'import cv2' 2>/dev/null ||
        fail "a Jetson with JetPack $jetpack, but '$host_python' has no OpenCV, and only JetPack's will do: sudo sh jetson/setup.sh installs it, and makes an environment that this script then takes"
    say "a Jetson with JetPack $jetpack: cv2 is JetPack's; networks run on the CPU until sudo sh jetson/setup.sh has built pycuda, which TensorRT needs"
}

check_cv2() {
    "$python" -c 'import cv2, sys; sys.exit(cv2.__file__.startswith(sys.prefix + "/"))' ||
        fail "pip brought an OpenCV of its own, which hides JetPack's: $python -m pip uninstall opencv-python opencv-python-headless, and leave out the extra that asks for it ($1)"
}

install() {
    "$python" -m pip install --quiet --disable-pip-version-check --constraint "$root/constraints.txt" "$@" >&2 ||
        fail "pip could not install $*: its own message stands above. Is the network up?"
}
