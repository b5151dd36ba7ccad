"""A small exercise of the tests' own: cumulative sums over time and their total."""

import numpy as np

from rnncourse.checking.exercise import Case, exercise, part


@exercise(id="9.1", points=4, minutes=1, difficulty=1, importance=1)
class sums:
    """Return the running sums and the total."""

    returns = {"running": "batch time", "total": "batch"}
    parts = {"running": part(1, "running"), "total": part(2, "total"), "one step": part(1, cases="one")}

    def cases(rng):
        for shape, kind in (((2, 5), "many"), ((3, 4), "many"), ((4, 1), "one")):
            yield Case({"x": rng.normal(size=shape), "scale": float(rng.uniform(0.5, 2))}, kind)

    def reference(x, scale):
        return np.cumsum(x, axis=1) * scale, x.sum(axis=1) * scale

    mistakes = {
        "the scale is ignored": lambda x, scale: (np.cumsum(x, axis=1), x.sum(axis=1)),
        "the total is the mean": lambda x, scale: (np.cumsum(x, axis=1) * scale, x.mean(axis=1) * scale),
        "an error is raised": lambda x, scale: [][1],
    }
    conventions = {"time-first layout": lambda x, scale: (np.cumsum(x, axis=1).T * scale, x.sum(axis=1) * scale)}
    right = {"lists": lambda x, scale: [(np.cumsum(x, axis=1) * scale).tolist(), (x.sum(axis=1) * scale).tolist()]}
    forbidden = ("numpy.linalg.norm",)
    hints = ("one", "two", "three")
