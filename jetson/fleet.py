"""The devices of a broker: python -m jetson.fleet --mqtt mqtt://user@host/shop

Lists each with its true FPS, heat, version, bundle, when it was seen last and what went wrong last;
`python -m jetson.fleet roll BUNDLE --mqtt ...` hands out a bundle, to one device after the other; `page` serves the
list.
Exit status: 0 done, 1 it could not run, 2 wrong usage, 4 a device failed and the roll stopped.
"""

import argparse
import json
import os
import sys
from typing import Any, List, Optional

from jetson.devices.following import Following
from jetson.devices.parcel import Parcel
from jetson.devices.rolling import Limits, Roll
from jetson.devices.table import aligned, safe, table
from runtime.command_line.command import exit_status_of
from runtime.command_line.flag_values import number_within
from runtime.command_line.parser import TOKEN_VARIABLE
from runtime.command_line.utf8 import in_utf8
from runtime.mqtt.address import Broker, broker_of
from runtime.sinks.access import Access
from runtime.sinks.listening import open_listening_socket, url_of
from runtime.taking.protocol import read_key

LIST, ROLL, PAGE = "list", "roll", "page"
INTERRUPTED = {ROLL: "interrupted: a device that has the bundle on trial goes back in 10 minutes", PAGE: "done"}
FAILED = 4
"""The exit status of a roll that stopped."""


def make_parser() -> argparse.ArgumentParser:
    """For the command, and for the test that its flags are documented."""
    broker = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    broker.add_argument(
        "--mqtt", metavar="URL", required=True, help="mqtt://user@host:1883/prefix, or mqtts://: devices below this "
        "prefix, all without one; the password comes from the environment variable SHELFSIGHT_MQTT_PASSWORD"
    )  # fmt: skip
    broker.add_argument("--mqtt-password-file", metavar="FILE", help="or from a file")
    broker.add_argument("--json", action="store_true", help="the list, or what came of the roll, as JSON")
    parser = argparse.ArgumentParser(
        prog="python -m jetson.fleet", description="The devices that tell a broker of themselves."
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser(LIST, parents=[broker], help="how they are; what runs without a command")
    _add_roll(commands.add_parser(ROLL, parents=[broker], help="hand out a bundle, to one device after the other"))
    _add_page(commands.add_parser(PAGE, parents=[broker], help="serve the list as a page, until interrupted"))
    return parser


def _add_page(page: argparse.ArgumentParser) -> None:
    page.add_argument(
        "--listen", metavar="ADDR", default="127.0.0.1",
        help="address that the page is served on; beyond localhost only with a token (default: %(default)s)"
    )  # fmt: skip
    page.add_argument(
        "--port", metavar="N", type=number_within(0, 65535, int), default=8090,
        help="0 = any free one (default: %(default)s)"
    )  # fmt: skip
    page.add_argument(
        "--token", metavar="T", default=os.environ.get(TOKEN_VARIABLE),
        help="secret that the page asks for (default: the environment variable {})".format(TOKEN_VARIABLE)
    )  # fmt: skip


def _add_roll(roll: argparse.ArgumentParser) -> None:
    limits = Limits()
    roll.add_argument("bundle", metavar="BUNDLE", help="a folder, demo or groceries")
    roll.add_argument("--bundle-key", metavar="FILE", help="sign the orders with the key in this file")
    roll.add_argument(
        "--fall", metavar="SHARE", type=number_within(0, 1), default=limits.fall,
        help="of its true FPS that a device may lose (default: %(default)s)"
    )  # fmt: skip
    roll.add_argument(
        "--answer", metavar="S", type=number_within(1, 86400), default=limits.answer_s,
        help="a device that says nothing for so long has failed; a restart is within it (default: %(default)g)"
    )  # fmt: skip
    roll.add_argument(
        "--check", metavar="S", type=number_within(1, 86400), default=limits.all_s,
        help="so long may fetching and checking take, which builds engines on a Jetson (default: %(default)g)"
    )  # fmt: skip


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


def _roll(broker: Broker, values: Any) -> int:
    parcel, key = Parcel(values.bundle), read_key(values.bundle_key)
    limits = Limits(values.answer, values.check, values.fall)
    with Following(broker) as following:
        devices = following.settle()
        roll = Roll(following, parcel, key, limits, lambda line: print(safe(line), file=sys.stderr, flush=True))
        outcomes = roll.run(devices)
    if values.json:
        print(json.dumps([outcome._asdict() for outcome in outcomes], indent=2))
    else:
        print("{} {} for {} devices:".format(parcel.name, parcel.sha256[:12], len(devices)))
        print("\n".join(aligned([[safe(cell) for cell in outcome] for outcome in outcomes])))
    return FAILED if any(outcome.word == "failed" for outcome in outcomes) else 0


def _serve(broker: Broker, values: Any) -> None:
    from jetson.devices.page import serve  # here: it loads what the camera's page is made of
    from runtime.sinks.web import import_aiohttp_web

    access, web = Access(values.listen, values.token), import_aiohttp_web()
    with Following(broker) as following:
        listener = open_listening_socket(values.listen, values.port)
        address, _, secret = url_of(values.listen, listener.getsockname()[1], values.token).partition("?")
        print("the fleet: {}{}".format(address, "?token=... (as you set it)" if secret else ""), flush=True)
        serve(web, access, following, listener)


def _run(values: Any) -> int:
    broker = broker_of(values.mqtt, values.mqtt_password_file, prefix="")
    if values.command == ROLL:
        return _roll(broker, values)
    if values.command == PAGE:
        _serve(broker, values)
        return 0
    _list(broker, values.json)
    return 0


def main(arguments: Optional[List[str]] = None) -> int:
    """The command; its exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] not in ([LIST], [ROLL], [PAGE], ["-h"], ["--help"]):
        arguments = [LIST] + arguments
    values = make_parser().parse_args(arguments)
    return exit_status_of(
        lambda: _run(values), INTERRUPTED.get(values.command, "interrupted"),
        target="standard output", extra="mqtt"
    )  # fmt: skip


if __name__ == "__main__":
    in_utf8("jetson.fleet")
    sys.exit(main())
