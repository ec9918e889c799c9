"""A real broker for a test: Debian's mosquitto, on a free port, which can be killed and started again."""

import shutil
import socket
import subprocess
import time
from collections import OrderedDict

import pytest

WAIT_S = 20.0


def need_mosquitto():
    """Skip where it is not installed."""
    found = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
    if found is None:
        pytest.skip("mosquitto is not installed (Debian package of the same name)")
    return found


def free_port():
    """One that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Mosquitto:
    """Runs until `close`; `users`: name -> password, None lets everybody in.

    `certificate`: files of a certificate and its key, for TLS.
    """

    def __init__(self, folder, users=None, certificate=None):
        self._program = need_mosquitto()
        self.port = free_port()
        lines = [
            "listener {} 127.0.0.1".format(self.port),
            "persistence true",
            "persistence_location {}/".format(folder),
        ]
        lines += ["autosave_interval 1", "autosave_on_changes true", "user root"]
        if users is None:
            lines.append("allow_anonymous true")
        else:
            passwords = folder / "passwords"
            passwords.write_text("".join("{}:{}\n".format(*each) for each in users.items()))
            subprocess.run(["mosquitto_passwd", "-U", str(passwords)], check=True)
            lines.append("password_file {}".format(passwords))
        if certificate is not None:
            lines += ["certfile {}".format(certificate[0]), "keyfile {}".format(certificate[1])]
        self._config = folder / "mosquitto.conf"
        self._config.write_text("\n".join(lines) + "\n")
        self._process = None
        self.start()

    def start(self):
        self._process = subprocess.Popen(
            [self._program, "-c", str(self._config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until("the broker to listen", lambda: is_listening(self.port))

    def kill(self):
        self._process.kill()
        self._process.wait()

    def close(self):
        self._process.terminate()
        self._process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def is_listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(what, condition):
    deadline_s = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline_s, "waited in vain for " + what
        time.sleep(0.02)


class Listener:
    """Another client, which keeps all that comes."""

    def __init__(self, port, user=None, password=None):
        from paho.mqtt import client as paho

        self.retained, self.events = OrderedDict(), []
        version = [paho.CallbackAPIVersion.VERSION2] if hasattr(paho, "CallbackAPIVersion") else []
        self._client = paho.Client(*version)
        if user:
            self._client.username_pw_set(user, password)
        self._client.on_message = self._note
        self._client.on_connect = lambda client, *_: client.subscribe("#", qos=1)
        self._client.reconnect_delay_set(1, 1)
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()

    def _note(self, _client, _data, message):
        if message.topic.endswith("/event"):
            self.events.append(message.payload.decode())
        elif message.payload:
            self.retained[message.topic] = message.payload
        else:
            self.retained.pop(message.topic, None)

    def text(self, topic):
        return self.retained.get(topic, b"").decode()

    def send(self, topic, payload):
        self._client.publish(topic, payload, qos=1, retain=True).wait_for_publish()

    def close(self):
        self._client.disconnect()
        self._client.loop_stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
