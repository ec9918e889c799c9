#!/bin/sh
# Take back what systemd/install.sh laid down; may be run again at any time:
#
#     sudo sh systemd/uninstall.sh            keeps /etc/shelfsight, /var/lib/shelfsight and the Python environment
#     sudo sh systemd/uninstall.sh --purge    removes these too, the engines, and the user shelfsight
#     sh systemd/uninstall.sh --root DIR      from a folder that will be a machine's root
set -eu
here=$(cd "$(dirname "$0")" && pwd)
units="shelfsight.service shelfsight-engines.service shelfsight-clocks.service shelfsight-again.service"
root=
purge=

say() {
    echo "shelfsight: $*"
}

wrong_usage() {
    echo "shelfsight: $* (sh systemd/uninstall.sh --help)" >&2
    exit 2
}

while [ $# -gt 0 ]; do
    case $1 in
    --root)
        [ $# -ge 2 ] || wrong_usage "--root needs a folder"
        root=${2%/}
        shift
        ;;
    --purge) purge=yes ;;
    -h | --help)
        sed -n 's/^# \{0,1\}//; 2,/^set/{/^set/!p;}' "$here/uninstall.sh"
        exit 0
        ;;
    *) wrong_usage "unknown argument $1" ;;
    esac
    shift
done
if [ -n "$root" ] && [ ! -d "$root" ]; then
    echo "shelfsight: --root $root: no such folder" >&2
    exit 1
fi
if [ -z "$root" ] && [ "$(id -u)" -ne 0 ]; then
    echo "shelfsight: needs root: sudo sh systemd/uninstall.sh" >&2
    exit 1
fi

is_booted() {
    [ -z "$root" ] && [ -d /run/systemd/system ]
}

for unit in $units; do
    if [ -e "$root/etc/systemd/system/$unit" ]; then
        if is_booted; then
            systemctl --quiet stop "$unit"
        fi
        systemctl ${root:+"--root=$root"} --quiet disable "$unit" 2>/dev/null || true
        rm -f "$root/etc/systemd/system/$unit"
    fi
done
rm -f "$root/etc/udev/rules.d/70-shelfsight.rules"
rm -rf "$root/opt/shelfsight/program" "$root/opt/shelfsight/program.new" "$root/opt/shelfsight/program.old"
if [ -L "$root/opt/shelfsight/venv" ]; then
    rm "$root/opt/shelfsight/venv"
fi
if is_booted; then
    systemctl daemon-reload
    for unit in $units; do
        systemctl reset-failed "$unit" 2>/dev/null || true
    done
fi
if [ -n "$purge" ]; then
    rm -rf "$root/etc/shelfsight" "$root/var/lib/shelfsight" "$root/var/cache/shelfsight" "$root/opt/shelfsight"
    if [ -z "$root" ] && id shelfsight >/dev/null 2>&1; then
        userdel shelfsight
    fi
    say "removed, with its configuration, its data and its user"
else
    rmdir "$root/opt/shelfsight" 2>/dev/null || true
    say "removed; kept: /etc/shelfsight, /var/lib/shelfsight, /var/cache/shelfsight (--purge removes them)"
fi
