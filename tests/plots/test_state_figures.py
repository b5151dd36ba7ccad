"""Pictures of states: their alt texts tell the numbers, they are small, and the same twice; what does not fit is told."""

import base64
import json
import re

import numpy as np
import pytest

from rnncourse import models, states
from rnncourse.plots import states as chart
from rnncourse.plots.explorer import TextStates

RNG = np.random.default_rng(0)
SHARES = {g: (np.full(4, 0.25), np.full(4, 0.5)) for g in "ifo"}
NONE = {g: (np.zeros(4), np.zeros(4)) for g in "ifo"}
FIGURES = {
    "unit_correlations": (
        lambda: chart.unit_correlations({"in quotes": {"trained": np.array([0.1, -0.9]), "random": np.array([0.2, 0.1])}}, {"in quotes": 0.3}),
        "in quotes, trained: best unit 0.90, median 0.50; in quotes, random: best unit 0.20, median 0.15; "
        "in quotes, known from the character alone: 0.30.",
    ),
    "saturation": (
        lambda: chart.saturation({"trained": SHARES, "random": NONE}),
        "forget gate of trained: on average 25% of the steps below 0.1, 50% above 0.9",
    ),
    "state_space": (
        lambda: chart.state_space({"trained": (np.ones((9, 2)), np.array([0.5, 0.25]))}, np.arange(9) % 3, ("a", "b", "c")),
        "marked as a, b, c. trained: two components hold 75% of the variance.",
    ),
    "resting_points": (
        lambda: chart.resting_points(np.ones((5, 2)), np.eye(2), ["attractor", "saddle"], np.array([0.6, 0.3])),
        "the 2 points at which it rests without input: 1 attractor, 1 saddle, 0 repellers.",
    ),
    "connectivity_maps": (
        lambda: chart.connectivity_maps({"trained": np.tril(np.ones((4, 4)))}, "ab\nc"),
        "trained: on average 1.2 characters back in the second half. Nothing rests on later characters.",
    ),
    "read_and_used": (
        lambda: chart.read_and_used({"unit 5": (0.97, 0.5), "unit 1": (0.9, -0.01)}, 0.7),
        "unit 5: read with accuracy 0.97, without it +0.50 bits; unit 1: read with accuracy 0.90, without it -0.01 bits.",
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_alt_text_tells_the_numbers_and_the_picture_is_small(name):
    draw, told = FIGURES[name]
    assert told in draw().describe()
    assert len(draw()._repr_html_()) < 60_000
    assert draw()._repr_html_() == draw()._repr_html_()


def test_a_model_that_looks_ahead_is_named_and_undecided_gates_are_too():
    assert "Answers rest on later characters in: both ways." in chart.connectivity_maps({"both ways": np.ones((3, 3))}, "abc").describe()
    assert "All marks of random lie on top of each other" in chart.saturation({"trained": SHARES, "random": NONE})._repr_html_()


def view(T=200, H=32, **options):
    text = "".join(RNG.choice(list('ab "\n<&'), size=T))
    return TextStates(text, 3 * RNG.normal(size=(T, H)), {"quotes": np.arange(T) % 5 == 0, "never": np.zeros(T)}, **options)


def test_the_picture_the_words_and_the_page_tell_the_same():
    shown = view()
    data, html = shown._repr_mimebundle_()[0], shown.html()._repr_html_()
    assert data["text/plain"] == shown.describe() and f'alt="{shown.describe().replace(chr(34), "&quot;")[:40]}' in data["text/html"]
    assert list(shown.top) == ["quotes"] and shown.unit == shown.top["quotes"][0][0]
    assert f"Correlation with quotes: r = {shown.top['quotes'][0][1]:+.2f}." in shown.describe()
    assert 'sandbox="allow-scripts"' in html and "http" not in html and "print-color-adjust:exact" in html


def test_the_explorer_is_small_and_keeps_the_values():
    shown = view()
    assert len(shown.html()._repr_html_()) <= 20_000
    values = np.frombuffer(base64.b64decode(shown.data()["values"]), np.int8).reshape(32, 200)
    assert np.allclose(values.T / 127 * shown.scales, shown.states, atol=shown.scales.max() / 250)
    assert json.dumps(shown.data()) == json.dumps(shown.data())


def test_a_text_that_holds_markup_stays_text():
    page = TextStates("</script><b>", np.ones((12, 1))).html().page()
    assert page.count("</script>") == 1 and re.search(r'"text":"<\\/script><b>"', page)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("", np.ones((0, 2))), "at least one character, got none"),
        (("ab", np.ones((3, 2))), r"expected \(time=2, hidden\), one row a character, got \(3, 2\)"),
        (("a" * 401, np.ones((401, 2))), "at most 400 characters can be read in one view, got 401"),
        (("ab", np.array([[1.0], [np.nan]])), "got NaN or inf"),
        (("ab", np.ones((2, 3)), None, 3), "the layer has 3, from 0 to 2; got 3"),
    ],
)
def test_what_cannot_be_shown_is_told(arguments, words):
    with pytest.raises(ValueError, match=words):
        TextStates(*arguments)
    with pytest.raises(ValueError, match="the layer has 32, from 0 to 31; got 32"):
        view().figure(32)


@pytest.fixture
def reading():
    model = models.CharacterModel(3, hidden=4, kind="lstm", rng=np.random.default_rng(0))
    return TextStates("abca", states.record_text(model, "abca", "abc").cell), model


@pytest.mark.parametrize("mark", ["CI", "NBGRADER_EXECUTION"])
def test_where_nobody_types_live_is_the_explorer(reading, monkeypatch, mark):
    shown, model = reading
    monkeypatch.setenv(mark, "1")
    assert shown.live(model, "abc")._repr_html_() == shown.html()._repr_html_()
    monkeypatch.delenv(mark)
    assert shown.live(model, "abc")._repr_html_() == shown.html()._repr_html_()  # no notebook page has asked


def test_live_tells_at_once_what_does_not_fit(reading):
    shown, model = reading
    with pytest.raises(ValueError, match="reads 3 different characters, this one has 2"):
        shown.live(model, "ab")
    with pytest.raises(ValueError, match="expected 'cell' or 'hidden', got 'gates'"):
        shown.live(model, "abc", what="gates")


def test_the_widget_reads_what_is_typed(reading):
    pytest.importorskip("anywidget")
    shown, model = reading
    widget = shown.live(model, "abc", widget=True)
    widget.text = "cab"
    assert json.loads(widget.data)["text"] == "cab" and widget.wrong == ""
    assert json.loads(widget.data)["values"] == TextStates("cab", states.record_text(model, "cab", "abc").cell).data()["values"]
    widget.text = "cxb"
    assert widget.wrong.startswith("'x' (character 2 of 3) is not in the alphabet") and json.loads(widget.data)["text"] == "cab"
    widget.text = ""
    assert widget.wrong == "Nothing to read yet: type a few characters."
    widget.text = "a" * 500
    assert widget.wrong == "The first 400 characters are shown." and len(json.loads(widget.data)["text"]) == 400
