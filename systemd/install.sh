#!/bin/sh
# Install the camera as a service that starts at boot, or upgrade it; may be run again at any time:
#
#     sudo sh systemd/install.sh                  installs, enables and starts shelfsight.service
#     sudo sh systemd/install.sh --clocks         and shelfsight-clocks.service, which holds the highest clocks
#     sudo sh systemd/install.sh --no-start       without starting it now
#     sudo sh systemd/install.sh --venv DIR       with this Python environment; /opt/shelfsight/venv unless given
#     sh systemd/install.sh --root DIR            into a folder that will be a machine's root, such as an image's
#
# What it lays down: the program in /opt/shelfsight/program (a copy: the checkout may go), the units in
# /etc/systemd/system, a udev rule, the user shelfsight in group video. Configuration in /etc/shelfsight is written once and
# then left alone. systemd/uninstall.sh takes it all back.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
checkout=$(dirname "$here")
units="shelfsight.service shelfsight-engines.service shelfsight-clocks.service shelfsight-again.service"
packages="runtime jetson export benchmarks"

root=
venv=/opt/shelfsight/venv
clocks=
start=yes

say() {
    echo "shelfsight: $*"
}

fail() {
    echo "shelfsight: $*" >&2
    exit 1
}

parse() {
    while [ $# -gt 0 ]; do
        case $1 in
        --root | --venv) [ $# -ge 2 ] || wrong_usage "$1 needs a folder" ;;
        esac
        case $1 in
        --root)
            root=${2%/}
            shift
            ;;
        --venv)
            venv=${2%/}
            shift
            ;;
        --clocks) clocks=yes ;;
        --no-start) start= ;;
        -h | --help)
            sed -n 's/^# \{0,1\}//; 2,/^set/{/^set/!p;}' "$here/install.sh"
            exit 0
            ;;
        *) wrong_usage "unknown argument $1" ;;
        esac
        shift
    done
}

wrong_usage() {
    echo "shelfsight: $* (sh systemd/install.sh --help)" >&2
    exit 2
}

check() {
    if [ -n "$root" ]; then
        [ -d "$root" ] || fail "--root $root: no such folder"
        return
    fi
    [ "$(id -u)" -eq 0 ] || fail "needs root: sudo sh systemd/install.sh"
    command -v systemctl >/dev/null || fail "needs systemd: there is no systemctl here"
    [ -x "$venv/bin/python" ] || fail "no Python environment in $venv: sudo sh jetson/setup.sh makes it, or name one with --venv"
    "$venv/bin/python" -c 'import cv2, numpy' ||
        fail "$venv/bin/python cannot import cv2 and numpy (its message stands above): sudo sh jetson/setup.sh mends it"
}

user() { # of its own, without a shell; in render too where there is one: newer Jetsons keep the GPU there
    if [ -n "$root" ]; then
        say "the user shelfsight is left to the machine: install there without --root, or useradd --system"
        return
    fi
    if ! id shelfsight >/dev/null 2>&1; then
        say "making the user shelfsight"
        useradd --system --user-group --no-create-home --home-dir /var/lib/shelfsight --shell /usr/sbin/nologin shelfsight
    fi
    for group in video render; do
        if getent group "$group" >/dev/null; then
            usermod -a -G "$group" shelfsight
        fi
    done
}

program() { # copied beside the old one, then put in its place
    say "the program -> /opt/shelfsight/program"
    target=$root/opt/shelfsight
    mkdir -p "$target"
    rm -rf "$target/program.new"
    mkdir "$target/program.new"
    for name in $packages docs systemd LICENSE NOTICE; do
        cp -R "$checkout/$name" "$target/program.new/"
    done
    find "$target/program.new" -name __pycache__ -prune -exec rm -rf {} +
    chmod -R u=rwX,go=rX "$target/program.new"
    if [ -z "$root" ]; then
        chown -R root:root "$target/program.new"
        # shellcheck disable=SC2086 # a list of names
        (cd "$target/program.new" && "$venv/bin/python" -m compileall -q $packages) || say "could not compile it ahead"
    fi
    rm -rf "$target/program.old"
    if [ -d "$target/program" ]; then
        mv "$target/program" "$target/program.old"
    fi
    mv "$target/program.new" "$target/program"
    rm -rf "$target/program.old"
    if [ "$venv" != /opt/shelfsight/venv ]; then
        [ -L "$target/venv" ] || [ ! -e "$target/venv" ] || fail "$target/venv is there: move it away to use $venv"
        ln -sfn "$venv" "$target/venv"
    fi
}

configuration() {
    target=$root/etc/shelfsight
    mkdir -p "$target"
    cp "$here/camera.flags" "$target/camera.flags.default"
    chmod 644 "$target/camera.flags.default"
    if [ -e "$target/camera.flags" ]; then
        say "/etc/shelfsight/camera.flags is kept (what is new: camera.flags.default beside it)"
    else
        say "writing /etc/shelfsight/camera.flags: see that it names your camera"
        cp "$here/camera.flags" "$target/camera.flags"
    fi
    [ -e "$target/environment" ] || environment >"$target/environment"
    # Either may hold a secret, the password of a network camera or the page's token.
    chmod 640 "$target/camera.flags"
    chmod 600 "$target/environment"
    if [ -z "$root" ]; then
        chown root:shelfsight "$target/camera.flags"
    fi
}

environment() {
    echo "# Environment of the service, NAME=VALUE a line, such as the page's SHELFSIGHT_TOKEN."
    if [ -z "$root" ] && grep -q tegra210 /proc/device-tree/compatible 2>/dev/null; then
        echo "# Without it numpy 1.19.5 dies of an illegal instruction on this processor."
        echo "OPENBLAS_CORETYPE=ARMV8"
    fi
}

install_units() {
    say "the units -> /etc/systemd/system, the udev rule -> /etc/udev/rules.d"
    mkdir -p "$root/etc/systemd/system" "$root/etc/udev/rules.d"
    for unit in $units; do
        cp "$here/$unit" "$root/etc/systemd/system/$unit"
        chmod 644 "$root/etc/systemd/system/$unit"
    done
    cp "$here/70-shelfsight.rules" "$root/etc/udev/rules.d/70-shelfsight.rules"
    chmod 644 "$root/etc/udev/rules.d/70-shelfsight.rules"
}

is_booted() {
    [ -z "$root" ] && [ -d /run/systemd/system ]
}

enable_units() {
    wanted="shelfsight.service${clocks:+ shelfsight-clocks.service}"
    if is_booted; then
        systemctl daemon-reload
        udevadm control --reload || say "udev did not take the rule: it does at the next boot"
        udevadm trigger --subsystem-match=video4linux --action=change || say "no camera to apply the rule to"
    fi
    # shellcheck disable=SC2086 # lists of names
    systemctl ${root:+"--root=$root"} --quiet enable $wanted
    if ! is_booted; then
        say "installed; it starts at the next boot"
    elif [ -n "$start" ]; then
        # shellcheck disable=SC2086
        systemctl --no-block restart $wanted
        say "started: systemctl status shelfsight; journalctl -u shelfsight -f"
    else
        say "installed: systemctl start shelfsight"
    fi
}

parse "$@"
check
user
program
configuration
install_units
enable_units
