"""The pictures of gradients on their way back."""

import numpy as np
import pytest

from rnncourse.plots.gradients import backward_graph, norms_by_lag

LAGS = np.arange(20)
PANELS = {
    "near zero": {"radius 0.5": (3 * 0.5**LAGS, 0.5), "radius 2": (2.0**LAGS, 2)},
    "with tanh": {"strong": (0.1**LAGS, None)},
}


@pytest.mark.parametrize("steps", [2, 4])
def test_the_graph_tells_which_gradients_arrive_where(steps):
    figure = backward_graph(steps)
    for word in (f"unrolled over {steps} steps", "dhs", "dh_next", "dW_hh", "dh0", "except at the last step"):
        assert word in figure.describe()
    assert len(figure._repr_html_()) < 60_000


@pytest.mark.parametrize("steps", [1, 6])
def test_a_graph_that_does_not_fit_is_refused(steps):
    with pytest.raises(ValueError, match=f"expected 2 to 5, which fit on a page, got {steps}"):
        backward_graph(steps)


def test_norms_are_told_as_shares_beside_theory():
    figure = norms_by_lag(PANELS)
    assert (
        "near zero: radius 0.5: 1.9e-06 at lag 19, theory 1.9e-06; radius 2: 5.2e+05 at lag 19, theory 5.2e+05. "
        "with tanh: strong: 1.0e-19 at lag 19." in figure.describe()
    )
    assert len(figure._repr_html_()) < 60_000
    assert figure._repr_html_() == norms_by_lag(PANELS)._repr_html_()
