"""The devices of a broker: python -m jetson.fleet --mqtt mqtt://user@host/shop

Lists each with its true FPS, heat, version, bundle, when it was seen last and what went wrong last.
"""

import argparse
import json
import sys
from typing import List, Optional

from jetson.devices.following import Following
from jetson.devices.table import table
from runtime.command_line.command import exit_status_of
from runtime.command_line.utf8 import in_utf8
from runtime.mqtt.address import Broker, broker_of


def make_parser() -> argparse.ArgumentParser:
    """For the command, and for the test that its flags are documented."""
    parser = argparse.ArgumentParser(
        prog="python -m jetson.fleet", description="The devices that tell a broker of themselves.", allow_abbrev=False
    )
    parser.add_argument(
        "--mqtt", metavar="URL", required=True, help="mqtt://user@host:1883/prefix, or mqtts://: devices below this "
        "prefix, all without one; the password comes from the environment variable SHELFSIGHT_MQTT_PASSWORD"
    )  # fmt: skip
    parser.add_argument("--mqtt-password-file", metavar="FILE", help="or from a file")
    parser.add_argument("--json", action="store_true", help="the list as JSON on standard output")
    return parser


def _list(broker: Broker, as_json: bool) -> None:
    with Following(broker) as following:
        devices = following.settle()
    if as_json:
        print(json.dumps([device.as_json() for device in devices], indent=2))
    elif devices:
        print("\n".join(table(devices)))
    else:
        message = "nobody told {} of itself: start a device with --mqtt and this address, each with a prefix of its own"
        print(message.format(broker.shown), file=sys.stderr)


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    values = make_parser().parse_args(arguments)
    return exit_status_of(
        lambda: _list(broker_of(values.mqtt, values.mqtt_password_file, prefix=""), values.json),
        target="standard output",
        extra="mqtt",
    )


if __name__ == "__main__":
    in_utf8("jetson.fleet")
    sys.exit(main())
