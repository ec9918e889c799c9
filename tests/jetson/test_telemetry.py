"""Telemetry on captured boards: every value, what is missing, throttling, the thread and what it costs."""

import time

import pytest
from captured_board import Captured

from jetson.telemetry import Sensors, SysfsBoard, main
from runtime.figures.board import NOT_AVAILABLE, BoardReading, board_line


@pytest.fixture
def nano(tmp_path):
    return Captured("nano", tmp_path / "nano")


@pytest.fixture
def orin(tmp_path):
    return Captured("orin", tmp_path / "orin")


def read(board) -> BoardReading:
    return Sensors(str(board.root)).read()


def test_a_nano_tells_what_tegrastats_tells(nano):
    sensors = Sensors(str(nano.root))
    sensors.read()
    nano.write("/proc/stat", "cpu  4844 0 1000 6156 0 0 0 0 0 0")
    reading = sensors.read()
    assert dict(reading.temperatures_celsius) == {"AO": 47.5, "CPU": 44.0, "GPU": 42.5, "PLL": 39.0}  # no PMIC
    assert dict(reading.rails_mw) == {"POM_5V_IN": 4531, "POM_5V_GPU": 1113, "POM_5V_CPU": 539}
    assert (reading.gpu_load_percent, reading.gpu_clock_mhz, reading.gpu_max_clock_mhz) == (86, 921.6, 921.6)
    assert (reading.cpu_load_percent, reading.cpu_clock_mhz) == (pytest.approx(44.4), 1479)
    assert (round(reading.memory_used_mib), round(reading.memory_total_mib)) == (1504, 3956)
    assert reading.total_mw == 4531
    assert reading.throttled == ""
    assert board_line(reading, 9.062) == "48 C, 4.5 W, 2.0 fps/W, GPU 86 % at 922 MHz, CPU 44 % at 1479 MHz, 1.5 GiB"


def test_an_orin_multiplies_volts_and_amperes(orin):
    reading = read(orin)
    assert dict(reading.rails_mw) == {
        "VDD_IN": pytest.approx(5016 * 1480 / 1000),
        "VDD_CPU_GPU_CV": pytest.approx(5016 * 320 / 1000),
        "VDD_SOC": pytest.approx(5008 * 288 / 1000),
    }
    assert [name for name, _ in reading.temperatures_celsius] == ["cpu", "gpu", "soc0", "tj"]  # cv0 is off
    assert (reading.gpu_load_percent, reading.gpu_clock_mhz) == (41.2, 624.75)
    assert reading.throttled == ""


def test_an_empty_tree_has_nothing_and_nothing_raises(tmp_path):
    assert read(Captured("pc", tmp_path / "pc"))._replace(memory_used_mib=None, memory_total_mib=None) == BoardReading()
    assert Sensors(str(tmp_path / "nowhere")).read() == BoardReading()
    assert board_line(BoardReading()) == ""


@pytest.mark.parametrize("content", ["", "nonsense", "-256000", "1e99", "\0"])
def test_a_sensor_that_talks_nonsense_is_left_out(nano, content):
    nano.write("/sys/class/thermal/thermal_zone1/temp", content)
    nano.write("/sys/bus/i2c/drivers/ina3221x/6-0040/iio:device0/in_power1_input", "nonsense")
    reading = read(nano)
    assert "CPU" not in dict(reading.temperatures_celsius)
    assert "POM_5V_GPU" not in dict(reading.rails_mw)


def test_heat_that_holds_the_gpu_down_is_named(nano):
    nano.write("/sys/class/devfreq/57000000.gpu/cur_freq", 614400000)
    nano.write("/sys/class/thermal/thermal_zone2/temp", 78000)
    nano.write("/sys/class/devfreq/57000000.gpu/device/load", 990)
    assert read(nano).throttled == "GPU at 614 of 922 MHz, 78 C"


def test_a_low_clock_without_load_or_without_heat_is_no_throttling(nano):
    nano.write("/sys/class/devfreq/57000000.gpu/cur_freq", 76800000)
    assert read(nano).throttled == ""  # busy, but cool: the governor has not come to it yet
    nano.write("/sys/class/thermal/thermal_zone2/temp", 78000)
    nano.write("/sys/class/devfreq/57000000.gpu/device/load", 120)
    assert read(nano).throttled == ""


def test_an_active_cooling_device_is_named_but_no_fan(nano):
    nano.write("/sys/class/thermal/cooling_device2/cur_state", 3)
    assert read(nano).throttled == "gpu-balanced, 48 C"


def test_over_current_counts_while_we_look(orin):
    sensors = Sensors(str(orin.root))
    assert sensors.read().throttled == ""
    orin.write("/sys/class/hwmon/hwmon4/oc3_event_cnt", 39)
    assert sensors.read().throttled == "over-current, 52 C"
    assert sensors.read().throttled == ""


def test_the_thread_sums_up_and_ends(nano):
    with SysfsBoard(str(nano.root), period_s=0.01) as board:
        deadline_s = time.monotonic() + 20
        while board.summary()["readings"] < 2 and time.monotonic() < deadline_s:
            time.sleep(0.01)
        nano.write("/sys/class/thermal/cooling_device2/cur_state", 1)
        while not board.latest().throttled and time.monotonic() < deadline_s:
            time.sleep(0.01)
        summary = board.summary()
    assert summary["rails_mw"]["POM_5V_IN"] == {"min": 4531, "mean": 4531, "max": 4531}
    assert summary["total_mw"]["mean"] == 4531
    assert 0 < summary["throttled_share"] < 1
    assert summary["throttled"] == "gpu-balanced, 48 C"
    assert not board._thread.is_alive()
    board.close()


def test_what_a_board_lacks_is_not_available(tmp_path):
    with SysfsBoard(str(tmp_path)) as board:
        summary = board.summary()
    assert {summary[name] for name in ("temperatures_celsius", "rails_mw", "gpu_load_percent")} == {NOT_AVAILABLE}


def test_a_look_costs_little(nano):
    """At once a second, 1 % of a core is 10 ms; a Nano's core is some five times slower than a desk's."""
    sensors = Sensors(str(nano.root))
    costs_s = []
    for _ in range(20):
        started_s = time.process_time()
        sensors.read()
        costs_s.append(time.process_time() - started_s)
    assert sorted(costs_s)[10] < 0.01


def test_the_command_prints_json(nano, capsys):
    assert main(["--root", str(nano.root), "--seconds", "1"]) == 0
    assert '"POM_5V_IN"' in capsys.readouterr().out
