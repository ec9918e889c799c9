"""Runs what the host asks for: a JSON line in, a JSON line out, over a virtio serial port. Runs in the guest.

In: {"command": a line for sh, "timeout_s": seconds}. Out: {"status": exit status or 124, "output": both streams}.
On start, once a boot: {"boot": the kernel's id of this boot}.
"""

import json
import os
import subprocess
import time

PORT = "/dev/virtio-ports/vm.commands"
BOOT_ID = "/proc/sys/kernel/random/boot_id"


def answer(request):
    """Run one command; its processes are its own, so that what it leaves behind lives on."""
    process = subprocess.Popen(
        ["sh", "-c", request["command"]],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=request["timeout_s"])
        status = process.returncode
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        output, _ = process.communicate()
        status = 124
    return {"status": status, "output": output.decode("utf-8", "replace")}


def main():
    while not os.path.exists(PORT):
        time.sleep(0.1)
    with open(PORT, "r+b", buffering=0) as port, open(BOOT_ID, encoding="ascii") as boot:
        say = {"boot": boot.read().strip()}
        while True:
            port.write(json.dumps(say).encode() + b"\n")
            line = b""
            while not line.endswith(b"\n"):
                piece = port.read(4096)
                if not piece:  # the host is gone for now
                    time.sleep(0.2)
                line += piece or b""
            say = answer(json.loads(line.decode()))


if __name__ == "__main__":
    main()
