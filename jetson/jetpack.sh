# shellcheck shell=sh disable=SC2034 # what it sets is for those who source it
# Which JetPack a machine has: sourced by jetson/setup.sh and environment.sh.

# look_for_jetpack ROOT: sets `release`, the line by which L4T names itself, and `jetpack`: 4, 5, 6, `unknown`, or empty
# where this is no Jetson. ROOT is where a test puts captured files, and empty on a real machine.
look_for_jetpack() {
    release=$(head -n 1 "$1/etc/nv_tegra_release" 2>/dev/null || true)
    case $release in
    "# R32 "*) jetpack=4 ;;
    "# R35 "*) jetpack=5 ;;
    "# R36 "*) jetpack=6 ;;
    "# R"*) jetpack=unknown ;;
    *) jetpack= ;;
    esac
}
