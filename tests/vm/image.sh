#!/bin/sh
# Make the virtual machine's disk: a Debian 12 with its kernel, some GStreamer, and the Python packages of constraints.txt.
#
#     sh tests/vm/image.sh FOLDER    writes FOLDER/root.ext4, FOLDER/vmlinuz, FOLDER/initrd
#
# Called by `python3 tests/vm` where the cached image is missing or its recipe has changed. Needs root, mmdebstrap and
# the network (Debian's packages and PyPI); the host's own pip settings and certificates are taken along.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
checkout=$(cd "$here/../.." && pwd)
folder=$1
root=$folder/root

packages="linux-image-amd64 systemd-sysv udev kmod procps e2fsprogs v4l-utils python3-venv gstreamer1.0-tools
    libgstreamer-plugins-base1.0-0 libgstreamer-plugins-bad1.0-0 libgudev-1.0-0 libjpeg62-turbo libx264-164"
plugins="app coreelements gdp isomp4 jpeg typefindfunctions video4linux2 videoconvertscale videoparsersbad videorate
    videotestsrc x264"

debian() { # a root folder; the initrd holds the drivers of QEMU's disk alone, so that it unpacks in a moment
    # shellcheck disable=SC2016 # expanded by mmdebstrap's own shell
    mmdebstrap --quiet --variant=minbase --skip=cleanup/apt --include="$(echo "$packages" | xargs | tr ' ' ',')" \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' \
        --essential-hook='mkdir -p "$1/etc/initramfs-tools/conf.d"' \
        --essential-hook='echo MODULES=list >"$1/etc/initramfs-tools/conf.d/vm"' \
        --essential-hook='printf "%s\n" virtio_pci virtio_blk ext4 >"$1/etc/initramfs-tools/modules"' \
        bookworm "$root"
}

gstreamer() { # the plugins that a camera and a recording need, without the packages that all the others need
    library=usr/lib/x86_64-linux-gnu/gstreamer-1.0
    cp -L /etc/resolv.conf "$root/etc/resolv.conf"
    chroot "$root" sh -c 'cd /tmp && apt-get -qq download \
        gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly'
    mkdir "$root/tmp/unpacked"
    for package in "$root"/tmp/*.deb; do
        dpkg-deb --extract "$package" "$root/tmp/unpacked"
    done
    for plugin in $plugins; do
        find "$root/tmp/unpacked/$library" "$root/$library" -name "libgst$plugin.so" -exec mv -t "$root/$library" {} + \
            2>/dev/null || true
        if chroot "$root" ldd "/$library/libgst$plugin.so" | grep "not found"; then
            echo "image: libgst$plugin.so lacks a library: name its package in image.sh" >&2
            return 1
        fi
    done
    rm -r "$root"/tmp/*
}

python_packages() { # in a venv that sees the system's packages, as the one on a Jetson sees JetPack's cv2
    opencv=$(sed -n 's/^opencv-python==\(.*\); python_version >= .*/\1/p' "$checkout/constraints.txt")
    chroot "$root" python3 -m venv --system-site-packages /opt/venv
    cp "$checkout/constraints.txt" "$root/tmp/constraints.txt"
    if [ -f /etc/ssl/certs/ca-certificates.crt ]; then
        install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
    fi
    # The headless build of OpenCV needs no libGL; onnx is for the double that stands in for TensorRT.
    env -u PIP_FIND_LINKS chroot "$root" /opt/venv/bin/python -m pip install --quiet --disable-pip-version-check \
        --no-cache-dir --constraint /tmp/constraints.txt \
        numpy "opencv-python-headless==$opencv" onnxruntime onnx "pillow>=8" aiohttp tqdm
    rm -f "$root/tmp/constraints.txt"
}

settings() { # what makes it a test machine: guest/ holds the files, each says why
    mkdir -p "$root/srv/shelfsight" "$root/var/lib/shelfsight"
    cp -r "$here/guest/etc" "$root/"
    systemctl --root="$root" --quiet enable vm-agent.service
    # The console is the transcript's; the rest would only make each boot of an emulated machine longer.
    systemctl --root="$root" --quiet mask serial-getty@ttyS0.service getty@tty1.service systemd-binfmt.service \
        proc-sys-fs-binfmt_misc.automount dev-hugepages.mount dev-mqueue.mount sys-kernel-debug.mount \
        sys-kernel-tracing.mount sys-fs-fuse-connections.mount sys-kernel-config.mount modprobe@.service \
        kmod-static-nodes.service systemd-logind.service systemd-update-utmp.service \
        systemd-update-utmp-runlevel.service apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer \
        e2scrub_all.timer e2scrub_reap.service fstrim.timer
    echo shelfsight-vm >"$root/etc/hostname"
    systemd-machine-id-setup --root="$root" >/dev/null 2>&1
    rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
}

disk() {
    cp -L "$root/vmlinuz" "$folder/vmlinuz"
    cp -L "$root/initrd.img" "$folder/initrd"
    truncate -s 3G "$folder/root.ext4"
    mke2fs -q -F -t ext4 -L root -d "$root" "$folder/root.ext4"
}

mkdir -p "$folder"
for step in debian gstreamer python_packages settings disk; do
    echo "image: $step" >&2
    "$step"
done
rm -rf --one-file-system "$root"
