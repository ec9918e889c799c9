#!/usr/bin/env bash
# Prove the README's two commands in a bare Debian 12, with the seconds that each step takes.
#
#     bash benchmarks/bare_root.sh [-c CHECKOUT] [-s FOLDER] [-k] [-- ARGUMENTS OF run.sh]
#
# Makes a minimal root in a temporary folder, installs what the README names and nothing else, clones the committed
# state of a checkout, runs `sh run.sh` to its first frame, again to time a warm start, and then `sh test.sh`.
# Needs root and mmdebstrap. The host's pip configuration and certificates are taken along.
#   -c FOLDER  the checkout; this one unless given
#   -s FOLDER  development data to show, read-only, as ../shared beside the clone
#   -k         keep the root and print its folder
set -euo pipefail

readme_packages=(git ca-certificates python3-venv libgl1 libglib2.0-0)
run_arguments=(--res 640x480 --size 160 --sink none --frames 1)

here=$(cd "$(dirname "$0")/.." && pwd)
if [ -z "${BARE_ROOT_UNSHARED:-}" ]; then
    # Mounts of its own: none can outlive this script or be seen outside it.
    BARE_ROOT_UNSHARED=1 exec unshare --mount --propagation private bash "$0" "$@"
fi

shared=
keep=
checkout=$here
while getopts c:s:k option; do
    case $option in
    c) checkout=$(cd "$OPTARG" && pwd) ;;
    s) shared=$(cd "$OPTARG" && pwd) ;;
    k) keep=1 ;;
    *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
if [ $# -gt 0 ]; then
    run_arguments=("$@")
fi

commit=$(git -C "$checkout" rev-parse --short HEAD)
names=()
seconds=()
root=$(mktemp -d "${TMPDIR:-/tmp}/bare-root.XXXXXX")
finish() { # prints the seconds of the steps that were completed, and leaves nothing behind
    local status=$? at i
    printf '\nbare Debian 12, commit %s, %s cores\n' "$commit" "$(nproc)"
    for ((i = 0; i < ${#seconds[@]}; i++)); do
        printf '%7s s  %s\n' "${seconds[i]}" "${names[i]}"
    done
    if [ "$status" -ne 0 ]; then
        echo " failed    ${names[i]:-}"
    fi
    for at in "$root"/home/shared "$root"/dev "$root"/proc; do
        if mountpoint -q "$at"; then
            umount --recursive --lazy "$at"
        fi
    done
    if [ -n "$keep" ]; then
        echo "kept: $root"
    else
        rm -rf --one-file-system "$root"
    fi
}
trap finish EXIT

step() { # step NAME COMMAND...: runs it, prints its output, then its seconds
    local started=$EPOCHREALTIME
    names+=("$1")
    echo "==> $1"
    shift
    "$@" </dev/null
    seconds+=("$(awk -v a="$started" -v b="$EPOCHREALTIME" 'BEGIN { printf "%.1f", b - a }')")
}

inside() { # inside FOLDER COMMAND...: in the root, with no more of this environment than pip's own settings
    local variables=(HOME=/root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive) name
    for name in $(compgen -e | grep -E '^(PIP_|SSL_CERT_|OPENBLAS_|https?_proxy|no_proxy)'); do
        variables+=("$name=${!name}")
    done
    # shellcheck disable=SC2016 # expanded inside
    env --ignore-environment "${variables[@]}" chroot "$root" sh -c 'cd "$0" && exec "$@"' "$@"
}

make_root() {
    mmdebstrap --quiet --variant=minbase bookworm "$root"
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    cp -L /etc/resolv.conf "$root/etc/resolv.conf"
    echo "127.0.0.1 localhost" >"$root/etc/hosts" # as Debian's installer does
}

install_prerequisites() {
    inside / apt-get -qq update
    inside / apt-get -qq install -y --no-install-recommends "${readme_packages[@]}" >/dev/null
}

take_pip_configuration() { # and certificates
    local file
    for file in /etc/pip.conf /root/.config/pip/pip.conf /etc/ssl/certs/ca-certificates.crt; do
        if [ -f "$file" ]; then
            install -D -m 644 "$file" "$root$file"
        fi
    done
}

clone() {
    git clone -q --no-local "file://$checkout" "$root/home/shelfsight"
    if [ -n "$shared" ]; then
        mkdir "$root/home/shared"
        mount --bind "$shared" "$root/home/shared"
        mount -o remount,bind,ro "$root/home/shared"
    fi
}

step "make a minimal Debian 12" make_root
step "apt-get install ${readme_packages[*]}" install_prerequisites
take_pip_configuration
step "git clone" clone
step "sh run.sh ${run_arguments[*]}" inside /home/shelfsight sh run.sh "${run_arguments[@]}"
step "the same again" inside /home/shelfsight sh run.sh "${run_arguments[@]}"
step "sh test.sh" inside /home/shelfsight sh test.sh
