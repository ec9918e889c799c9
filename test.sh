#!/bin/sh
# Set up what is missing, then check and test:
#
#     sh test.sh                    ruff, mypy and all tests
#     sh test.sh ARGUMENTS          pytest alone, with these arguments
#     PYTHON=python3.6 sh test.sh   the same on the Nano's Python, where ruff and mypy do not install
set -eu
root=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=environment.sh
. "$root/environment.sh"

environment_with dashboard,test
cd "$root"
if [ $# -gt 0 ]; then
    exec "$python" -m pytest "$@"
fi

failed=
check() {
    say "$*"
    "$python" -m "$@" || failed="$failed, $*"
}
if [ -x "$venv/bin/mypy" ]; then
    check ruff check
    check ruff format --check
    check mypy
else
    say "ruff and mypy do not install on this Python: not run here"
fi
say "pytest"
"$python" -m pytest || failed="$failed, pytest"
[ -z "$failed" ] || fail "failed: ${failed#, }"
