"""`shelfsight` and its commands are the module commands, with their exit statuses."""

import os
import subprocess
import sys

import pytest

from shelfsight.command import COMMANDS, make_parser


@pytest.fixture
def shelfsight(root, tmp_path):
    """Runs it with these arguments; its status, standard output, standard error."""

    def run(*arguments):
        done = subprocess.run(
            [sys.executable, "-m", "shelfsight"] + list(arguments),
            cwd=str(tmp_path),
            env=dict(os.environ, PYTHONPATH=str(root), DISPLAY="", WAYLAND_DISPLAY="", COLUMNS="100"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
            timeout=50,
        )
        return done.returncode, done.stdout, done.stderr

    return run


def test_help_lists_the_commands(shelfsight):
    status, output, _ = shelfsight("--help")
    assert status == 0
    assert set(COMMANDS) <= set(output.split())


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_each_command_is_its_module(shelfsight, name):
    status, output, said = shelfsight(name, "--help")
    assert status == 0, said
    assert "python -m {}".format(COMMANDS[name].module) in output
    assert shelfsight(name, "--no-such-flag")[0] == 2


RUN = "--source demo:// --engine onnx --frames 2 --sink none --report -".split()


@pytest.mark.parametrize("arguments", [["run"] + RUN, RUN, ["@demo.flags"]])
def test_without_a_command_it_runs(shelfsight, tmp_path, arguments):
    (tmp_path / "demo.flags").write_text(" ".join(RUN))
    status, output, said = shelfsight(*arguments)
    assert status == 0, said
    assert '"presented": 2' in output


def test_the_version_is_the_programs(shelfsight):
    assert shelfsight("--version")[1].startswith("shelfsight ")


def test_a_word_that_is_no_command_is_one_line_and_status_2(shelfsight):
    status, output, said = shelfsight("runn", "--res", "640x480")
    assert (status, output) == (2, "")
    assert said == "shelfsight: no command 'runn': expected {}\n".format(", ".join(COMMANDS))


def test_a_completion_can_be_made_from_its_parser():
    actions = {action.dest: action for action in make_parser()._subparsers._group_actions}
    (commands,) = actions.values()
    flags = [flag for action in commands.choices["run"]._actions for flag in action.option_strings]
    assert {"--source", "--sink", "--res"} <= set(flags)
