"""The explorer is one small page that needs nothing; the live widget gives way to it where nobody can type."""

import base64
import sys

import numpy as np
import pytest

from rnncourse.plots import StateView
from rnncourse.plots.explorer import Explorer, packed
from rnncourse.plots.live import Live, can_live
from rnncourse.states import depth, inside, line_position

TEXT = ('la me "le mi\n(el im) ko" ro ki me ' * 6)[:200]
VALUES = np.random.default_rng(0).normal(size=(200, 32)) * np.linspace(0, 3, 32)
RULES = {"quotes": inside, "brackets": depth, "line position": line_position}


@pytest.fixture
def interactive(monkeypatch):
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)


def test_a_page_of_200_characters_and_32_units_takes_20_kB_and_nothing_from_outside():
    html = StateView(TEXT, VALUES, RULES).html()._repr_html_()
    assert len(html.encode()) <= 20_000
    assert html.startswith("<iframe title=") and 'sandbox="allow-scripts"' in html
    assert "http" not in html and "src=" not in html.replace("srcdoc=", "")


def test_values_survive_packing():
    data = packed(TEXT, VALUES, {}, 3, "state")
    back = np.frombuffer(base64.b64decode(data["q"]), np.int8).reshape(200, 32) / 127 * data["s"]
    assert np.abs(back - VALUES).max() <= (np.abs(VALUES).max(axis=0) / 127).max()
    assert (back[:, 0] == 0).all()


def test_text_cannot_break_out_of_the_page():
    html = Explorer('</script><b>"&', np.zeros((14, 1)))._repr_html_()
    assert "</script><b>" not in html.replace("&quot;", '"').replace("<\\/script>", "")
    assert html.count("</iframe>") == 1


@pytest.mark.parametrize("name", ["CI", "NBGRADER_EXECUTION"])
def test_no_widget_where_nobody_types(interactive, monkeypatch, name):
    monkeypatch.setenv(name, "1")
    assert not can_live()
    assert isinstance(StateView(TEXT, VALUES, RULES).live(None, "abc"), Explorer)


def test_no_widget_without_anywidget(interactive, monkeypatch):
    monkeypatch.setitem(sys.modules, "anywidget", None)
    monkeypatch.setattr("rnncourse.plots.live.find_spec", lambda name: None)
    assert isinstance(StateView(TEXT, VALUES, RULES).live(None, "abc"), Explorer)


def test_typed_text_is_read_and_what_cannot_be_read_is_told(interactive):
    pytest.importorskip("anywidget", reason="the live widget needs anywidget")
    from rnncourse.models import CharacterModel

    alphabet = "\n \"()aeiklmoru"
    model = CharacterModel(len(alphabet), hidden=32, kind="lstm", rng=np.random.default_rng(0))
    live = StateView(TEXT, VALUES, RULES, unit=5).live(model, alphabet)
    assert isinstance(live, Live)
    widget = live.widget
    assert widget.data["n"] == 32 and widget.data["u"] == 5 and widget.wrong == ""
    widget.text = 'la "'
    assert widget.data["t"] == 'la "' and list(widget.data["r"]) == list(RULES)
    for text, told in (("lax", "has never seen 'x'"), ("", "empty text"), ("la" * 1001, "at most 2000")):
        widget.text = text
        assert told in widget.wrong and widget.data["t"] == 'la "'
    widget.text = "la me"
    assert widget.wrong == "" and widget.data["t"] == "la me"
