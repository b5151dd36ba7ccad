import numpy as np
import pytest

from rnncourse.data import MissingData, hourly_power, simulated_power
from rnncourse.data.electricity import simulated_power_days


@pytest.fixture(params=["recorded", "simulated"])
def days(request):
    return hourly_power(fallback=False) if request.param == "recorded" else simulated_power_days()


def test_sizes_and_labels(days):
    assert days.train.shape == (67, 24, 1) and days.test.shape == (1029, 24, 1)
    for labels in (days.train_labels, days.test_labels):
        assert set(labels) == {0, 1} and labels.dtype == np.int64
        assert 0.4 < labels.mean() < 0.6


def test_every_day_is_standardised_by_itself(days):
    assert np.abs(days.test.mean(axis=1)).max() < 1e-6
    np.testing.assert_allclose(days.test.std(axis=1), 1, atol=0.03)


def test_winter_has_its_evening_peak_earlier_than_summer(days):
    winter, summer = (days.test[days.test_labels == k, :, 0].mean(axis=0) for k in (0, 1))
    assert 12 + winter[12:].argmax() < 20
    assert winter[18] - summer[18] > 0.3 and summer[22] - winter[22] > 0.3


def test_the_recorded_rows_do_not_follow_each_other_in_time():
    x = hourly_power().test[:, :, 0]
    seam = np.abs(x[1:, 0] - x[:-1, -1]).mean()
    drawn = [np.abs(np.random.default_rng(s).permutation(x[:, 0]) - x[:, -1]).mean() for s in range(20)]
    assert abs(seam - np.mean(drawn)) < 4 * np.std(drawn)
    assert seam > 2 * np.abs(np.diff(x, axis=1)).mean()


def test_without_the_package_days_are_simulated(without, capsys):
    without("sktime")
    assert hourly_power().fallback
    out = capsys.readouterr().out
    assert out.count("\n") == 1 and "pip install sktime" in out and "simulated" in out
    with pytest.raises(MissingData, match="Italian power days"):
        hourly_power(fallback=False)


def test_the_simulated_days_are_always_the_same():
    np.testing.assert_array_equal(simulated_power_days().train, simulated_power_days().train)


@pytest.mark.parametrize("seed", range(5))
def test_last_week_tells_more_than_yesterday(seed):
    use = simulated_power(np.random.default_rng(seed), 365)
    assert use.shape == (365 * 24, 1) and use.min() > 0
    error = {lag: np.sqrt(np.mean((use[168:] - use[168 - lag : -lag]) ** 2)) for lag in (24, 168)}
    assert error[168] < 0.75 * error[24]


def test_simulated_power_is_lower_at_the_weekend_and_at_night():
    use = simulated_power(np.random.default_rng(0), 70).reshape(10, 7, 24)
    assert use[:, 5:].mean() < 0.9 * use[:, :5].mean()
    assert use[:, :, 3].mean() < 0.75 * use[:, :, 12].mean()


def test_simulated_power_follows_its_generator():
    draw = lambda seed: simulated_power(np.random.default_rng(seed), 2)  # noqa: E731
    np.testing.assert_array_equal(draw(3), draw(3))
    assert (draw(3) != draw(4)).all()
    assert simulated_power(np.random.default_rng(0), 1).shape == (24, 1)
    with pytest.raises(ValueError, match="days: expected 1 or more"):
        simulated_power(np.random.default_rng(0), 0)
