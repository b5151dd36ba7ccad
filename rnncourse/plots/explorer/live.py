"""The live view: one types a text and sees the states. Needs JupyterLab, a running kernel and the package anywidget."""

import json
import os
import sys

from rnncourse.states.reading import record_text


def live_or_explorer(view, model, alphabet, what="cell", widget=None):
    """The widget where somebody can type into it, else the explorer of the view's own text."""
    if what not in ("cell", "hidden"):
        raise ValueError(f"what: expected 'cell' or 'hidden', got {what!r}")
    states_of = reader(model, alphabet, what)
    states_of(view.text)  # a model or an alphabet that does not fit is told here, not while one types
    if widget is None:
        widget = somebody_types() and has_anywidget()
    return make_widget(view, states_of) if widget else view.html()


def reader(model, alphabet, what):
    """A map from a text to the states (T, H) of the model's highest layer."""
    return lambda text: getattr(record_text(model, text, alphabet), what)


def somebody_types():
    """Whether this cell was run from a notebook's own page: not in CI, in grading, or by nbconvert and its like.

    JupyterLab sends the cell's id and more along with each run; a program that runs a notebook sends nothing.
    """
    if "CI" in os.environ or "NBGRADER_EXECUTION" in os.environ or "IPython" not in sys.modules:
        return False
    kernel = getattr(sys.modules["IPython"].get_ipython(), "kernel", None)
    return bool(kernel and kernel.get_parent("shell").get("metadata"))


def has_anywidget():
    """Whether the package is installed."""
    try:
        import anywidget  # noqa: F401
    except ImportError:
        return False
    return True


def answer(text, view, states_of):
    """(data, wrong) for a typed text: what to draw, or None, and what to tell if it cannot be read."""
    from rnncourse.plots.explorer.text_states import LONGEST, TextStates

    if not text:
        return None, "Nothing to read yet: type a few characters."
    try:
        shown = TextStates(text[:LONGEST], states_of(text[:LONGEST]), unit=view.unit, name=view.name)
    except ValueError as error:
        return None, str(error).removeprefix("text: ")
    too_long = f"The first {LONGEST} characters are shown." if len(text) > LONGEST else ""
    return json.dumps(shown.data() | {"rules": view.data()["rules"]}), too_long


def make_widget(view, states_of):
    """The widget: its trait `text` is what was typed, `data` what is drawn, `wrong` what is told under it.

    Raises ImportError without the package anywidget.
    """
    import anywidget
    import traitlets

    from rnncourse.plots.explorer.text_states import part

    class LiveStates(anywidget.AnyWidget):
        """A text box over an explorer."""

        _esm = part("explorer.js") + "\n" + part("live.js")
        _css = part("explorer.css")
        text = traitlets.Unicode(view.text).tag(sync=True)
        data = traitlets.Unicode(json.dumps(view.data())).tag(sync=True)
        wrong = traitlets.Unicode("").tag(sync=True)

        @traitlets.observe("text")
        def _read(self, change):
            data, self.wrong = answer(change["new"], view, states_of)
            self.data = data or self.data

        def describe(self):
            """What is seen first, in words."""
            return view.describe()

    return LiveStates()
