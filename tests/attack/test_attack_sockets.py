"""Silent connections by the hundred end nothing, fill no log and keep no viewer from the picture."""

import pytest
from attack.sockets import attack
from real_gstreamer import need_gstreamer

pytest.importorskip("aiohttp", reason="aiohttp is not installed")


@pytest.mark.slow
@pytest.mark.timeout(200)
def test_silent_connections():
    need_gstreamer()
    found = attack(400, seed=1, hold_s=3.0, files=256)
    assert found["open files"] < 200
    assert found["source came back"]
    assert min(found["viewer's kB/s before the child's death, after"]) > 0
    assert found["exit status"] == 0
    assert found["log lines"] < 40
