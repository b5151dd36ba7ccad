import numpy as np
import pytest

from rnncourse.data import MissingData, stocks
from rnncourse.data.prices import simulated_prices

ROWS = {"AAPL": 3270, "IBM": 3270, "MSFT": 3270, "GOOG": 2148, "FB": 196}


@pytest.mark.parametrize("ticker", ROWS)
def test_every_share_has_its_trading_days_in_order(ticker):
    data = stocks(ticker, fallback=False)
    assert data.ticker == ticker and not data.fallback
    assert data.price.shape == data.quoted_close.shape == data.volume.shape == (ROWS[ticker], 1)
    assert data.dates.shape == (ROWS[ticker],) and data.dates.dtype == "datetime64[D]"
    assert (np.diff(data.dates) > np.timedelta64(0)).all()
    assert (data.price > 0).all() and data.dates[-1] == np.datetime64("2013-03-01")


def test_a_split_shows_in_the_quoted_close_and_not_in_the_price():
    data = stocks("AAPL")
    day = np.searchsorted(data.dates, np.datetime64("2005-02-28"))  # two new shares for an old one
    assert data.quoted_close[day, 0] / data.quoted_close[day - 1, 0] < 0.6
    assert 0.9 < data.price[day, 0] / data.price[day - 1, 0] < 1.1


def test_an_unknown_share_lists_the_known_ones():
    with pytest.raises(ValueError, match="AAPL, FB, GOOG, IBM, MSFT, got 'apple'"):
        stocks("apple")


def test_matplotlib_stands_in_and_says_which_share_it_is(without, capsys):
    without("bokeh_sampledata")
    data = stocks("IBM")
    out = capsys.readouterr().out
    assert out.count("\n") == 1 and "pip install bokeh_sampledata" in out and "GOOG" in out and "matplotlib" in out
    assert data.ticker == "GOOG" and data.fallback and data.price.shape == (1047, 1)
    assert data.price.dtype == data.volume.dtype == np.float64
    assert data.dates[0] == np.datetime64("2004-08-19")


def test_a_simulated_walk_is_the_last_resort(without, capsys):
    without("bokeh_sampledata", "matplotlib")
    data = stocks()
    out = capsys.readouterr().out
    assert out.count("\n") == 1 and "pip install bokeh_sampledata" in out and "simulated" in out
    assert data.ticker == "SIMULATED" and data.fallback
    with pytest.raises(MissingData, match="daily share prices"):
        stocks(fallback=False)


def test_the_simulated_share_trades_on_weekdays_and_is_a_walk():
    data = simulated_prices()
    assert np.is_busday(data.dates).all() and data.price.shape == (len(data.dates), 1)
    gains = np.diff(np.log(data.price[:, 0]))
    assert 0.018 < gains.std() < 0.022
    assert abs(np.corrcoef(gains[:-1], gains[1:])[0, 1]) < 4 / np.sqrt(len(gains))
    np.testing.assert_array_equal(data.price, simulated_prices().price)
