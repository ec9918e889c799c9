"""The command `shelfsight`: each of the module commands under one name."""

import argparse
import runpy
import sys
from typing import NamedTuple


class Command(NamedTuple):
    """What `shelfsight NAME` runs: the same as `python -m MODULE`."""

    module: str
    purpose: str


RUN = "run"
COMMANDS = {
    RUN: Command("runtime.camera", "name the products in front of a camera; what runs without a command"),
    "doctor": Command("jetson.doctor", "what is wrong with this machine, and the command that mends it"),
    "sweep": Command("benchmarks.fps_sweep", "accuracy and true FPS of each setting on this machine, and the best"),
    "engine": Command("export.engine", "build a bundle's TensorRT engines on this device"),
    "telemetry": Command("jetson.telemetry", "heat, power, loads and clocks of the board"),
}

EPILOG = "shelfsight COMMAND --help lists what it takes. Exit status: 0 done, 1 it could not run, 2 wrong usage."


def make_parser() -> argparse.ArgumentParser:
    """For the help, and for programs that make shell completions out of a parser; the commands parse by themselves."""
    from runtime.command_line.parser import make_parser as make_run_parser  # here: a run begins without it

    parser = argparse.ArgumentParser(prog="shelfsight", epilog=EPILOG)
    commands = parser.add_subparsers(metavar="COMMAND")
    for name, command in COMMANDS.items():
        parents = [make_run_parser()] if name == RUN else []
        commands.add_parser(name, help=command.purpose, parents=parents, conflict_handler="resolve")
    return parser


def program() -> None:
    """The process of the console script: ends it."""
    arguments = sys.argv[1:]
    if arguments[:1] in (["-h"], ["--help"]):
        make_parser().parse_args(arguments)
    if not arguments or arguments[0][:1] in ("-", "@"):
        arguments = [RUN] + arguments
    name = arguments[0]
    if name not in COMMANDS:
        print("shelfsight: no command {!r}: expected {}".format(name, ", ".join(COMMANDS)), file=sys.stderr)
        sys.exit(2)
    sys.argv = ["shelfsight " + name] + arguments[1:]
    runpy.run_module(COMMANDS[name].module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    program()
