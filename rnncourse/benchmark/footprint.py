"""How much memory something took at its peak, as the operating system counts it; Linux only, elsewhere nothing is known."""

import ctypes
import gc
from contextlib import contextmanager, suppress
from pathlib import Path

STATUS = Path("/proc/self/status")
RESET = Path("/proc/self/clear_refs")  # "5" begins the peak anew


class Peak:
    """What the block took: `mib` beyond what the process held before, None where the system does not tell."""

    mib = None


@contextmanager
def peak():
    """Watch the memory of this process inside the block; the `Peak` is known after it."""
    found, before = Peak(), None
    gc.collect()
    _give_back()
    try:
        RESET.write_text("5")
        before = _kib("VmRSS")
    except (OSError, ValueError):
        pass
    yield found
    if before is not None:
        found.mib = round(max(0, _kib("VmHWM") - before) / 1024, 2)


def _kib(name):
    for line in STATUS.read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    raise ValueError(f"{STATUS} does not tell {name}")


def _give_back():
    """Let the C library return what is free, so that it is not counted as held."""
    with suppress(AttributeError, OSError, TypeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)
