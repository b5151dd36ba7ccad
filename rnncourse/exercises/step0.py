"""Step 0: one toy exercise, to meet checks, hints and the card."""

import numpy as np

from rnncourse.checking.exercise import exercise


@exercise(id="0.1", points=0, minutes=5, difficulty=1, importance=5)
class running_mean:
    """Return, for each element of a series, the mean of it and all elements before it."""

    returns = {"means": "time"}

    def cases(rng):
        for T in (7, 1, 4):
            yield {"series": rng.normal(size=T)}

    def reference(series):
        return np.cumsum(series) / np.arange(1, len(series) + 1)  # (T,)

    mistakes = {
        "the sum is divided by the length of the whole series": lambda series: np.cumsum(series) / len(series),
        "the sum is divided by t and not by t + 1": lambda series: np.cumsum(series) / np.maximum(np.arange(len(series)), 1),
        "the element itself is left out": lambda series: np.array([np.mean(series[: max(t, 1)]) for t in range(len(series))]),
        "the mean of the whole series stands everywhere": lambda series: np.full(len(series), np.mean(series)),
        "the mean runs from each element to the end": lambda series: np.array([np.mean(series[t:]) for t in range(len(series))]),
        "the sum is not divided": lambda series: np.cumsum(series),
    }
    right = {
        "a loop over slices": lambda series: [series[: t + 1].mean() for t in range(len(series))],
        "an update of the last mean": lambda series: _updated(series),
    }
    hints = (
        "How many numbers go into the mean at t = 0, at t = 1, at t = 2?",
        "The sum up to t is np.cumsum(series)[t], of shape (T,); it has t + 1 terms.",
        "A sibling: the running maximum is np.maximum.accumulate(series); each element looks at itself and all before it.",
    )


def _updated(series):
    means, mean = [], 0.0
    for t, value in enumerate(series):
        mean = mean + (value - mean) / (t + 1)
        means.append(mean)
    return tuple(means)
