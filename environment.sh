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

# environment_with EXTRAS: sets `venv` and `python`, with the base and those extras installed at the pinned versions.
environment_with() {
    host_python=${PYTHON:-python3}
    version=$("$host_python" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) ||
        fail "no Python at '$host_python'. On Debian and Ubuntu: apt-get install python3-venv; or set PYTHON."
    venv=${SHELFSIGHT_VENV:-$root/.venv${PYTHON:+-$version}}
    python=$venv/bin/python
    stamp=$venv/shelfsight-$(echo "$1" | tr ',' '-')
    wanted=$(cd "$root" && { pwd && cat setup.py constraints.txt; } | cksum)
    if [ -x "$python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
        return
    fi
    if ! "$python" -m pip --version >/dev/null 2>&1; then
        say "making a Python $version environment in $venv"
        "$host_python" -m venv "$venv" >&2 ||
            fail "could not make it. On Debian and Ubuntu: apt-get install python3-venv"
    fi
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
    echo "$wanted" >"$stamp"
}

install() {
    "$python" -m pip install --quiet --disable-pip-version-check --constraint "$root/constraints.txt" "$@" >&2 ||
        fail "pip could not install $*: its own message stands above. Is the network up?"
}
