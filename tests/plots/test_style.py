import subprocess
import sys

import pytest
from matplotlib.colors import to_rgb

from rnncourse.plots import COLOR, TINT, look


def luminance(color):
    """Relative luminance of a colour, as WCAG 2.2 defines it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(color)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("role", sorted(set(COLOR) - {"padding"}))  # padding is meant to recede
def test_letters_and_lines_are_readable_on_white(role):
    assert contrast(COLOR[role], "white") >= 4.5


@pytest.mark.parametrize("role", sorted(TINT))
def test_dark_letters_are_readable_on_a_tint(role):
    assert contrast(COLOR["truth"], TINT[role]) >= 7


def test_colour_never_speaks_alone():
    seen = {(str(look(role)["linestyle"]), look(role)["marker"]) for role in COLOR}
    assert len(seen) == len(COLOR)


def test_every_role_has_a_tint():
    assert set(TINT) == set(COLOR)


def test_look_without_markers():
    assert look("hidden", markers=False)["marker"] == ""


def test_an_unknown_role_is_refused_with_the_list():
    with pytest.raises(ValueError, match="no role 'red'.*input, hidden"):
        look("red")


def test_importing_plots_loads_no_matplotlib():
    code = "import sys, rnncourse.plots; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.strip() == "False", done.stderr


def test_every_name_the_package_promises_is_there():
    import rnncourse.plots

    for name in dir(rnncourse.plots):
        assert getattr(rnncourse.plots, name) is not None or name.startswith("__")


def test_a_name_that_is_not_there_is_an_attribute_error():
    import rnncourse.plots

    with pytest.raises(AttributeError, match="nonsense"):
        _ = rnncourse.plots.nonsense
