"""Continuous glucose: a real sensor with gaps, jitter and a doubled stretch."""

import csv
import gzip
from dataclasses import dataclass

import numpy as np

from rnncourse.data.dataset import DataSet, cite, first_available
from rnncourse.data.fingerprints import verify
from rnncourse.data.packages import data_file

CGM = "bokeh_sampledata/_data/CGM.csv.gz"
STEP = np.timedelta64(300, "s")  # a reading each 5 minutes
HALF_STEP = STEP // 2


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Glucose(DataSet):
    """Readings `values` (S, 1) in mg/dL at `times` (S,), in order of time."""

    times: np.ndarray
    values: np.ndarray

    @property
    def borders(self):
        """Rows where a new unbroken run starts, behind a wait of more than 7.5 minutes."""
        return 1 + np.flatnonzero(np.diff(self.times) > STEP + HALF_STEP)

    @property
    def segments(self):
        """The unbroken runs, a list of (S_i, 1): a window must not reach from one into the next."""
        return np.split(self.values, self.borders)


def glucose(*, fallback=True):
    """Return one person's blood glucose from March to October 2010, a reading each 5 minutes, 40-400 mg/dL.

    Of the file's 52,281 rows 197 come within 2.5 minutes of the row before: nearly all lie in sixteen
    hours of 28-29 May, where two recordings alternate a minute apart. They are left out as second readings
    of the same moment, and 52,084 stay. Gaps (187 of them) are not filled: use `.segments`. Recalibration
    leaves jumps that are no change of glucose. Without `bokeh_sampledata` the readings are simulated;
    `fallback=False` raises MissingData.
    """
    return first_available([_recorded, simulated_glucose], fallback=fallback)


def _recorded():
    path = data_file("bokeh_sampledata", CGM, "the glucose readings")
    note = verify("glucose", "bokeh_sampledata", [CGM])
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    times = np.array([row["datetime"] for row in rows], dtype="datetime64[s]")
    values = np.array([[row["glucose"]] for row in rows], dtype=float)  # (S, 1)
    keep = one_recording(times)
    licence = "public domain, given by the person to a Bokeh maintainer"
    source = cite("continuous glucose of one person, 2010", "bokeh_sampledata", licence, note)
    return Glucose(times=times[keep], values=values[keep], source=source)


def one_recording(times):
    """Mark (S,) bool the rows to keep: those at least 2.5 minutes behind the last row kept."""
    seconds = times.astype("datetime64[s]").astype(int).tolist()
    least, last, keep = HALF_STEP.astype(int), -(10**12), []
    for second in seconds:
        keep.append(second - last >= least)
        last = second if keep[-1] else last
    return np.array(keep, dtype=bool)


MEALS = (7.5, 12.5, 19.0)  # hours


def simulated_glucose(days=60):
    """Return simulated readings with meals, noise and gaps, always the same for the same number of days."""
    rng = np.random.default_rng(2010)
    hours = np.arange(days * 288) / 12
    level = 96 + 12 * np.sin(2 * np.pi * (hours - 4) / 24)
    for day in range(days):
        for meal in MEALS:
            since = hours - (24 * day + meal + rng.normal(0, 0.5))
            level += rng.uniform(20, 230) * _rise(np.clip(since, 0, 12))
    level += _wander(rng, len(hours))
    keep = _without_gaps(rng, len(hours), count=days)
    times = np.datetime64("2010-01-01T00:00:00") + np.arange(len(hours)) * STEP
    return Glucose(
        times=times[keep],
        values=np.clip(np.round(level), 40, 400)[keep, None],  # (S, 1)
        source="simulated: meals, a daily rhythm, slow drift and gaps; rnncourse",
        fallback=True,
    )


def _rise(hours, peak=0.9):
    """A meal's rise and fall: 0 at the meal, 1 at its peak."""
    return hours / peak * np.exp(1 - hours / peak)


def _wander(rng, steps, pull=0.98, kick=3.5):
    """Slow drift (S,) that returns to 0: an autoregression of order one."""
    drift, pushes = np.zeros(steps), rng.normal(0, kick, steps)
    for t in range(1, steps):
        drift[t] = pull * drift[t - 1] + pushes[t]
    return drift


def _without_gaps(rng, steps, count):
    """Mark (S,) bool the readings that arrived: `count` gaps of 15 minutes to 5 hours are lost."""
    keep = np.ones(steps, dtype=bool)
    for start in rng.integers(1, steps - 60, count):
        keep[start : start + rng.integers(3, 60)] = False
    return keep
