#!/bin/sh
# Set up what is missing, then run the camera:
#
#     sh run.sh             python -m runtime.camera --res 640x480 --size 160
#     sh run.sh ARGUMENTS   python -m runtime.camera ARGUMENTS
#
# SHELFSIGHT_EXTRAS chooses what is installed beside the base; "dashboard" unless set (for example: dashboard,gpu).
set -eu
root=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=environment.sh
. "$root/environment.sh"

environment_with "${SHELFSIGHT_EXTRAS:-dashboard}"
if [ $# -eq 0 ]; then
    set -- --res 640x480 --size 160
fi
exec "$python" -m runtime.camera "$@"
