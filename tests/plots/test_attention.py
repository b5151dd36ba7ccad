"""Pictures of attention: small, the same twice, told in words, and never drawn from weights of another shape."""

import numpy as np
import pytest

from rnncourse.plots import attention_map, position_waves

WEIGHTS = np.array([[1.0, 0.0, 0.0], [0.25, 0.75, 0.0]])
POSITIONS = np.stack([np.sin(np.arange(9)), np.cos(np.arange(9))], axis=1)


@pytest.mark.parametrize(
    ("draw", "told"),
    [
        (lambda: attention_map({"head 0": WEIGHTS}, "a ", "xyz"), "head 0: a looks most at x (1.00), ␣ looks most at y (0.75)."),
        (
            lambda: attention_map({"one": np.eye(20), "two": np.eye(20)}, [*range(20)], [*range(20)]),
            "11 looks most at 11 (1.00) and 8 rows more; two: 0 looks most at 0 (1.00)",
        ),
        (lambda: position_waves(POSITIONS), "1.00 with itself, 0.54 one step apart, -0.65 at 4 steps."),
    ],
    ids=["small", "two panels", "positions"],
)
def test_alt_text_tells_the_numbers_and_the_picture_is_small(draw, told):
    assert told in draw().describe()
    assert len(draw()._repr_html_()) < 90_000
    assert draw()._repr_html_() == draw()._repr_html_()


def test_weights_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"turned: expected weights \(rows, columns\) = \(2, 3\), got \(3, 2\)"):
        attention_map({"turned": WEIGHTS.T}, "ab", "xyz")
