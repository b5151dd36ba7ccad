"""The .ts text format of the UEA and UCR time series archives."""

import numpy as np


def read_ts(path):
    """Read a .ts file: a list of series (T_i, D) float64 and their labels (B,) int64 as written in the file.

    After the line `@data` each line is one series: its dimensions, then its label, with colons between;
    values with commas between. Raises ValueError naming the line that breaks this.
    """
    series, labels, data = [], [], False
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(map(str.strip, file), start=1):
            if not data:
                data = line.lower() == "@data"
            elif line and not line.startswith("#"):
                try:
                    *dimensions, label = line.split(":")
                    series.append(np.array([d.split(",") for d in dimensions], dtype=float).T)  # (T, D)
                    labels.append(int(label))
                except ValueError as error:
                    raise ValueError(
                        f"{path}, line {number}: not a series with a whole-number label: {error}"
                    ) from None
    if not series:
        raise ValueError(f"{path}: expected a line '@data' with series below it, found none")
    return series, np.array(labels)
