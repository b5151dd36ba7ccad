"""Daily share prices: the sequence where yesterday's value is hard to beat."""

import csv
import gzip
from dataclasses import dataclass

import numpy as np

from rnncourse.data.dataset import DataSet, cite, first_available
from rnncourse.data.fingerprints import verify
from rnncourse.data.packages import data_file
from rnncourse.data.signals import random_walk

STOCKS = "bokeh_sampledata/_data/stocks.csv.gz"
GOOG = "matplotlib/mpl-data/sample_data/goog.npz"
TICKERS = ("AAPL", "FB", "GOOG", "IBM", "MSFT")


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Prices(DataSet):
    """One share over S trading days: `dates` (S,), `price`, `quoted_close` and `volume`, each (S, 1) float64.

    `price` is the closing price in US dollars, adjusted for splits and dividends, so that a ratio of two
    days is a gain; `quoted_close` is the price as printed that day, which halves overnight at a split.
    """

    ticker: str
    dates: np.ndarray
    price: np.ndarray
    quoted_close: np.ndarray
    volume: np.ndarray


def stocks(ticker="AAPL", *, fallback=True):
    """Return the daily prices of AAPL, IBM or MSFT (2000-2013), GOOG (from 2004) or FB (from 2012).

    Only trading days are there, so weekends and holidays leave gaps in `dates`. Without
    `bokeh_sampledata` you get Matplotlib's GOOG prices 2004-2008, or else a simulated walk, whichever
    share you asked for; `.ticker` says which it is. `fallback=False` raises MissingData instead.
    Raises ValueError for any other ticker.
    """
    if ticker not in TICKERS:
        raise ValueError(f"ticker: expected one of {', '.join(TICKERS)}, got {ticker!r}")
    return first_available([lambda: _quandl(ticker), _goog, simulated_prices], fallback=fallback)


def _quandl(ticker):
    path = data_file("bokeh_sampledata", STOCKS, "the daily share prices")
    note = verify("stocks", "bokeh_sampledata", [STOCKS])
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["Ticker"] == ticker]
    return Prices(
        ticker=ticker,
        dates=np.array([row["Date"] for row in rows], dtype="datetime64[D]"),
        price=_column(rows, "Adj Close"),
        quoted_close=_column(rows, "Close"),
        volume=_column(rows, "Volume"),
        source=cite(f"daily {ticker}", "bokeh_sampledata", "public domain, Quandl WIKI prices", note),
    )


def _column(rows, name):
    return np.array([[row[name]] for row in rows], dtype=float)  # (S, 1)


def _goog():
    table = np.load(data_file("matplotlib", GOOG, "Matplotlib's GOOG prices"))["price_data"]
    return Prices(
        ticker="GOOG",
        dates=table["date"].astype("datetime64[D]"),
        price=table["adj_close"][:, None].astype(float),
        quoted_close=table["close"][:, None].astype(float),
        volume=table["volume"][:, None].astype(float),
        source=cite("daily GOOG 2004-2008", "matplotlib", "sample data", verify("goog", "matplotlib", [GOOG])),
        fallback=True,
    )


def simulated_prices():
    """Return twelve years of a simulated share, always the same: the log of its price is a random walk."""
    rng = np.random.default_rng(2000)
    first = np.datetime64("2001-01-01")
    days = first + np.arange(12 * 365)
    dates = days[np.is_busday(days)]
    price = 50 * np.exp(random_walk(rng, len(dates), scale=0.02))  # (S, 1), 2 % a day
    return Prices(
        ticker="SIMULATED",
        dates=dates,
        price=price,
        quoted_close=price.copy(),
        volume=np.round(1e6 * np.exp(rng.normal(0, 0.4, price.shape))),
        source="simulated: a random walk of log prices, 2 % a day; rnncourse",
        fallback=True,
    )
