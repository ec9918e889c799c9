"""The virtual machine: QEMU without KVM, a serial port to read, a port for commands, a monitor to reset it by."""

import json
import socket
import subprocess
import threading
import time
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional

from transcript import Transcript

BOOT_TIMEOUT_S = 900.0
ANSWER_TIMEOUT_S = 60.0
CPUS = 2
MEMORY_MB = 2048


class MachineError(RuntimeError):
    """The machine did not do what every scenario relies on."""


class Answer(NamedTuple):
    """What a command in the guest came to."""

    status: int
    output: str


class Lines:
    """A Unix socket that carries one line each way at a time."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._rest = b""

    def send(self, message: Dict[str, Any]) -> None:
        self._socket.sendall(json.dumps(message).encode() + b"\n")

    def read(self, timeout_s: float) -> Optional[str]:
        """The next line, or None after `timeout_s`; ends with MachineError when the other side is gone."""
        end_s = time.monotonic() + timeout_s
        while b"\n" not in self._rest:
            left_s = end_s - time.monotonic()
            if left_s <= 0:
                return None
            self._socket.settimeout(left_s)
            try:
                piece = self._socket.recv(65536)
            except socket.timeout:
                return None
            if not piece:
                raise MachineError("QEMU has ended")
            self._rest += piece
        line, _, self._rest = self._rest.partition(b"\n")
        return line.decode("utf-8", "replace")

    def close(self) -> None:
        self._socket.close()


class Machine:
    """Booted from `image` (a folder: root.ext4, vmlinuz, initrd), which stays as it is. Use as a context manager."""

    def __init__(self, image: Path, disks: List[Path], work: Path, transcript: Transcript) -> None:
        """`disks` become /dev/vdb, /dev/vdc, ...; `work` is a folder for sockets and what the guest writes."""
        self.transcript = transcript
        overlay = work / "root.qcow2"
        backing = str((image / "root.ext4").resolve())
        make = ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "raw", "-b", backing, str(overlay)]
        subprocess.run(make, check=True)
        self._qemu = subprocess.Popen(
            qemu_command(image, overlay, disks, work),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        try:
            self._monitor = self._connect(work / "monitor")
            self._commands = self._connect(work / "commands")
            self._console = self._connect(work / "console")
            threading.Thread(target=self._copy_console, name="console", daemon=True).start()
            self._monitor.send({"execute": "qmp_capabilities"})
            self._execute("cont")
        except BaseException:
            self.close()
            raise

    def _connect(self, path: Path) -> Lines:
        """QEMU takes a moment to make its sockets; one that did not start says why."""
        for _ in range(200):
            if self._qemu.poll() is not None:
                said = self._qemu.communicate()[0].decode("utf-8", "replace").strip()
                raise MachineError("QEMU did not start: {}".format(said))
            try:
                return Lines(path)
            except OSError:
                time.sleep(0.05)
        raise MachineError("QEMU made no socket at {}".format(path))

    def _copy_console(self) -> None:
        try:
            while True:
                line = self._console.read(3600)
                if line is not None:
                    self.transcript.add("guest", line)
        except (MachineError, OSError):
            return

    def _execute(self, command: str) -> None:
        self.transcript.add("host", "monitor: {}".format(command))
        self._monitor.send({"execute": command})

    def wait_for_boot(self) -> float:
        """Wait until the guest takes commands, this boot's first moment; seconds on the transcript's clock."""
        end_s = time.monotonic() + BOOT_TIMEOUT_S
        while True:
            line = self._commands.read(max(0.0, end_s - time.monotonic()))
            if line is None:
                raise MachineError("not booted within {:g} s: see the transcript".format(BOOT_TIMEOUT_S))
            if '"boot"' in line:
                return self.transcript.add("host", "the guest takes commands").at_s

    def reset(self) -> None:
        """A power cut, and power again: nothing is flushed, nothing is told."""
        self._execute("system_reset")

    def run(self, command: str, timeout_s: float = ANSWER_TIMEOUT_S) -> Answer:
        """Run a line of sh in the guest, as root; its output goes to the transcript too."""
        self.transcript.add("host", "$ {}".format(command))
        self._commands.send({"command": command, "timeout_s": timeout_s})
        line = self._commands.read(timeout_s + ANSWER_TIMEOUT_S)
        if line is None:
            raise MachineError("no answer to {!r}".format(command))
        values = json.loads(line)
        if "boot" in values:
            raise MachineError("the guest's agent was started again during {!r}".format(command))
        answer = Answer(values["status"], values["output"])
        for text in answer.output.splitlines():
            self.transcript.add("host", "  " + text)
        if answer.status:
            self.transcript.add("host", "  exit status {}".format(answer.status))
        return answer

    def must(self, command: str, timeout_s: float = ANSWER_TIMEOUT_S) -> str:
        """Run a line of sh that has to succeed; its output."""
        answer = self.run(command, timeout_s)
        if answer.status:
            raise MachineError("{!r} failed with {}: {}".format(command, answer.status, answer.output[-300:].strip()))
        return answer.output

    def close(self) -> None:
        """End QEMU at once: nothing in the guest is kept."""
        if self._qemu.poll() is None:
            self._qemu.kill()
        self._qemu.communicate()
        for lines in ("_monitor", "_commands", "_console"):
            if hasattr(self, lines):
                getattr(self, lines).close()

    def __enter__(self) -> "Machine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def qemu_command(image: Path, overlay: Path, disks: List[Path], work: Path) -> List[str]:
    """QEMU's command line; pure. It starts paused, so that no line of the console is lost."""
    command = ["qemu-system-x86_64", "-S", "-nodefaults", "-no-user-config", "-display", "none", "-nic", "none"]
    command += ["-machine", "q35,i8042=off,sata=off,smbus=off,usb=off", "-accel", "tcg,thread=multi,tb-size=512"]
    command += ["-cpu", "max", "-smp", str(CPUS), "-m", str(MEMORY_MB)]
    command += ["-kernel", str(image / "vmlinuz"), "-initrd", str(image / "initrd")]
    command += ["-append", "root=/dev/vda rw console=ttyS0 loglevel=3 systemd.show_status=no mitigations=off"]
    command += ["-device", "virtio-rng-pci", "-device", "virtio-serial"]
    # A reset loses what the guest had not yet written out; nothing of it hangs on the host's own cache.
    for format_, path in [("qcow2", overlay)] + [("raw", disk) for disk in disks]:
        command += ["-drive", "if=virtio,cache=unsafe,format={},file={}".format(format_, path)]
    for name in ("console", "commands", "monitor"):
        command += ["-chardev", "socket,id={0},path={1},server=on,wait=off".format(name, work / name)]
    command += ["-serial", "chardev:console"]
    command += ["-device", "virtserialport,chardev=commands,name=vm.commands"]
    command += ["-mon", "chardev=monitor,mode=control"]
    return command
