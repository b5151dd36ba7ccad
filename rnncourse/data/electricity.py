"""Electricity by the hour: real days to classify, and a simulated year to forecast."""

from dataclasses import dataclass

import numpy as np

from rnncourse.data.dataset import DataSet, cite, first_available
from rnncourse.data.fingerprints import verify
from rnncourse.data.packages import data_file
from rnncourse.data.ts_format import read_ts


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class PowerDays(DataSet):
    """Days (B, 24, 1) float64 and labels (B,) int64: 0 is October to March, 1 is April to September."""

    train: np.ndarray
    train_labels: np.ndarray
    test: np.ndarray
    test_labels: np.ndarray


def hourly_power(*, fallback=True):
    """Return 67 training and 1,029 test days of Italian electricity use, 24 hours each; the task is the season.

    Every day is already standardised by itself (mean 0, sample deviation 1), so how much was used is
    lost and only the shape of the day is left. The days are *not* in order of time: the step from one
    row's last hour to the next row's first is as large as between two rows drawn at random. Never join them
    into one long series; for that there is `simulated_power`. Without `sktime` the days are simulated;
    `fallback=False` raises MissingData instead. Source: Keogh and others 2006 (UCR archive).
    """
    return first_available([_italy, simulated_power_days], fallback=fallback)


def _italy():
    paths = [f"sktime/datasets/data/ItalyPowerDemand/ItalyPowerDemand_{part}.ts" for part in ("TRAIN", "TEST")]
    train, test = (data_file("sktime", path, "the Italian power days") for path in paths)
    note = verify("hourly power", "sktime", paths)
    (train, train_labels), (test, test_labels) = read_ts(train), read_ts(test)
    return PowerDays(
        train=np.stack(train),
        train_labels=train_labels - 1,
        test=np.stack(test),
        test_labels=test_labels - 1,
        source=cite("hourly electricity use in Italy", "sktime", "UCR archive, Keogh and others 2006", note),
    )


def simulated_power_days():
    """Return simulated days in the shape of `hourly_power`: the same sizes, always the same values."""
    rng = np.random.default_rng(1997)
    labels = np.arange(67 + 1029) % 2
    rng.shuffle(labels)
    dusk = np.where(labels, 21.5, 18.5)[:, None] + rng.normal(0, 0.8, (len(labels), 1))  # lamps go on later in summer
    day = _day_shape(np.arange(24), dusk) + rng.normal(0, 0.12, (len(labels), 24))
    day = (day - day.mean(axis=1, keepdims=True)) / day.std(axis=1, keepdims=True)
    return PowerDays(
        train=day[:67, :, None],
        train_labels=labels[:67],
        test=day[67:, :, None],
        test_labels=labels[67:],
        source="simulated: days with a morning peak and one at dusk; rnncourse",
        fallback=True,
    )


def _day_shape(hour, dusk):
    """Use over a day, about 0 at night and 1 by day: work from 7 to 18, and a bump at dusk."""
    work = 1 / (1 + np.exp(7 - hour)) - 0.6 / (1 + np.exp(18 - hour))
    late = 0.5 / (1 + np.exp(1.5 * (22.5 - hour)))
    return work - late + 0.5 * np.exp(-0.5 * ((hour - dusk) / 1.5) ** 2)


def simulated_power(rng, days, noise=0.6):
    """Return the electricity use of a simulated country, (24·days, 1) in gigawatts, hour by hour from a Monday.

    Use follows the hour of the day, is about a fifth lower at the weekend, and drifts slowly for a few
    days as weather does; `noise` (gigawatts) is the part that nothing before it can tell. Who forecasts from
    less than a week of context cannot see the weekend coming. Raises ValueError if `days` is less than 1.
    """
    if days < 1:
        raise ValueError(f"days: expected 1 or more, got {days}")
    hours = np.arange(24 * days)
    weekend = (hours // 24) % 7 >= 5
    shape = 24 + 16 * _day_shape(hours % 24, dusk=20.0)
    weather = np.interp(hours / 24, np.arange(days + 1), _weather(rng, days + 1))
    use = shape * np.where(weekend, 0.8, 1.0) + weather + rng.normal(0, noise, len(hours))
    return use[:, None]  # (24·days, 1)


def _weather(rng, days, pull=0.7):
    """One value a day (days,) in gigawatts that returns slowly to 0."""
    values = rng.normal(0, 1.0, days)
    for day in range(1, days):
        values[day] += pull * values[day - 1]
    return values
