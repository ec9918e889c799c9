"""Memory that is freed stays with the process, where the C library is glibc."""

import platform
import subprocess
import sys

import pytest

SCRIPT = """
import resource
import numpy as np
from training.stage2.allocation import keep_freed_memory
if {kept}:
    assert keep_freed_memory()
np.ones(2 << 20, np.uint8)
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(40):
    np.ones(2 << 20, np.uint8)
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def page_faults(kept):
    return int(subprocess.check_output([sys.executable, "-c", SCRIPT.format(kept=kept)]))


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
def test_what_is_taken_again_is_not_zeroed_again():
    assert 20 * page_faults(True) < page_faults(False)
