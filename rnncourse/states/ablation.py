"""Take a unit out and see what the network can no longer do: the test of use."""

import numpy as np

from rnncourse.states.encoding import unit_in


def ablate_unit(step, unit, value=0.0):
    """A step(x, h) -> h in which one unit, or each of several, is clamped to `value`, before the step and after it.

    `unit` is an index or a sequence of them; the caller's arrays stay as they were. Raises ValueError for a unit that
    the state does not have, at the first step.
    """
    units = np.atleast_1d(np.asarray(unit))

    def clamped(h):
        h = np.array(h)  # a copy
        h[:, [unit_in(each, h.shape[1]) for each in units]] = value
        return h

    return lambda x, h: clamped(step(x, clamped(h)))
