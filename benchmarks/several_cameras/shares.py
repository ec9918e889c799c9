"""What each of several cameras gets of the networks, and how late."""

import statistics
from typing import Any, Dict, List

from benchmarks.several_cameras.networks import CPU, SIMULATED, Networks
from runtime.loop.overlapped import NETWORKS

COUNTS = (1, 2, 4, 8)
FLAT_OUT_FPS = 500.0
"""Of the one camera that all are held against: more than the networks do."""
OFFERED = 4.0
"""Times its share that each camera delivers: the networks are what is short, and the newest frame is fresh, so that
how late it is shown is the loop's doing and not the camera's period."""
LEAST_SUM = {SIMULATED: 0.97, CPU: 1.0}
MOST_UNFAIR = 0.03


def shares(networks: Networks, seconds: float, repeats: int) -> Dict[str, Any]:
    """By the count of cameras: sum, unfairness and latency, medians over the repeats, and the verdicts.

    sum: true FPS of all together against one camera flat out. unfairness: the largest share of the frames less the
    smallest, of what an equal share would be. latency: p95 over the work of one frame, against cameras + 1.
    """
    rows: Dict[int, List[Dict[str, float]]] = {count: [] for count in COUNTS}
    for _ in range(repeats):
        (flat_out,) = networks.run(networks.cameras(1, FLAT_OUT_FPS), seconds)
        work_ms = flat_out.stages_ms.of(NETWORKS + ("compose", "present"))
        for count in COUNTS:
            each = networks.run(networks.cameras(count, OFFERED * flat_out.true_fps / count), seconds)
            frames = [one.presented for one in each]
            rows[count].append(
                {
                    "sum_fps": sum(one.true_fps for one in each),
                    "sum_over_one": sum(one.true_fps for one in each) / flat_out.true_fps,
                    "unfairness": (max(frames) - min(frames)) * count / sum(frames),
                    "latency_p95_over_work": max(one.latency_p95_ms or 0.0 for one in each) / work_ms,
                }
            )
    told: Dict[str, Any] = {}
    for count, measured in rows.items():
        row: Dict[str, Any] = {name: round(statistics.median(one[name] for one in measured), 4) for name in measured[0]}
        row["holds"] = {
            "sum": row["sum_over_one"] >= LEAST_SUM[networks.kind],
            "fair": row["unfairness"] <= MOST_UNFAIR,
            "latency": row["latency_p95_over_work"] <= count + 1,
        }
        told[str(count)] = row
    return told
