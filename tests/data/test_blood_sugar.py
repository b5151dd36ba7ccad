import numpy as np
import pytest

from rnncourse.data import MissingData, glucose
from rnncourse.data.blood_sugar import Glucose, one_recording, simulated_glucose

MINUTE = np.timedelta64(60, "s")


@pytest.fixture(params=["recorded", "simulated"])
def readings(request):
    return glucose(fallback=False) if request.param == "recorded" else simulated_glucose()


def test_readings_in_order_of_time_and_in_range(readings):
    assert readings.values.shape == (len(readings.times), 1) and readings.values.dtype == np.float64
    assert readings.values.min() >= 40 and readings.values.max() <= 400
    assert 120 < readings.values.mean() < 150
    assert 0.005 < (readings.values < 70).mean() < 0.06
    assert np.diff(readings.times).min() >= 2.5 * MINUTE


def test_segments_hold_every_reading_once_and_none_spans_a_gap(readings):
    np.testing.assert_array_equal(np.concatenate(readings.segments), readings.values)
    assert len(readings.segments) > 20
    for times in np.split(readings.times, readings.borders):
        assert (np.diff(times) <= 7.5 * MINUTE).all()
    assert (np.diff(readings.times)[readings.borders - 1] > 7.5 * MINUTE).all()


def test_the_recorded_file():
    data = glucose()
    assert data.values.shape == (52_084, 1) and len(data.segments) == 188
    assert data.times[0] == np.datetime64("2010-03-24T09:51:00") and data.values[0, 0] == 258
    assert "public domain" in data.source and not data.fallback


def test_the_doubled_night_of_may_is_read_once():
    data = glucose()
    night = (data.times >= np.datetime64("2010-05-28T22:03")) & (data.times < np.datetime64("2010-05-29T14:03"))
    assert night.sum() == 16 * 12


@pytest.mark.parametrize(
    "minutes, kept",
    [([0, 5, 6, 10, 11, 15, 15, 20], [0, 5, 10, 15, 20]), ([0, 2, 4, 5, 9], [0, 4, 9]), ([7], [7])],
)
def test_rows_too_soon_behind_the_last_row_kept_are_dropped(minutes, kept):
    minutes = np.array(minutes)
    times = np.datetime64("2020-01-01T00:00:00") + minutes * MINUTE
    np.testing.assert_array_equal(minutes[one_recording(times)], kept)


def test_an_early_clock_is_no_gap_and_a_lost_reading_is():
    times = np.datetime64("2020-01-01T00:00:00") + np.array([0, 5, 9, 15, 25, 30]) * MINUTE
    data = Glucose(times=times, values=np.arange(6.0)[:, None], source="toy")
    assert [len(s) for s in data.segments] == [4, 2]


def test_without_the_package_readings_are_simulated(without, capsys):
    without("bokeh_sampledata")
    data = glucose()
    out = capsys.readouterr().out
    assert out.count("\n") == 1 and "pip install bokeh_sampledata" in out and "simulated" in out
    assert data.fallback
    with pytest.raises(MissingData, match="glucose"):
        glucose(fallback=False)


def test_the_simulation_is_always_the_same():
    np.testing.assert_array_equal(simulated_glucose().values, simulated_glucose().values)
