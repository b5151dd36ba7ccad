"""The explorer with a kernel behind it: type a text and see what the network's units do with it.

Where no one can type, the explorer itself is shown: while notebooks are built, tested or graded (`CI` or
`NBGRADER_EXECUTION` is set), and without the package anywidget. Beside the widget stands the explorer as a still; the
widget hides it where it runs, so an exported page shows the still and not an empty place.
"""

import os
from functools import cache
from importlib.util import find_spec

from rnncourse.plots.explorer import asset, packed

LONGEST = 2000  # characters that are read; more would make typing slow


def can_live():
    """Whether a live widget makes sense here."""
    return not ("CI" in os.environ or "NBGRADER_EXECUTION" in os.environ) and find_spec("anywidget") is not None


class Live:
    """A widget above its still. `read(text)` gives (values (N, U), rules) or raises KeyError or ValueError to be shown."""

    def __init__(self, still, read, text, label):
        self.still, self.widget = still, _widget_class()(read, text, label, still.data["u"])

    def _ipython_display_(self):
        from IPython.display import HTML, display

        display(HTML(f"<div data-rnn-still>{self.still._repr_html_()}</div>"))
        display(self.widget)


@cache
def _widget_class():
    import anywidget
    import traitlets

    class Reader(anywidget.AnyWidget):
        _esm = asset("explorer.js") + asset("live.js")
        _css = asset("explorer.css")
        text = traitlets.Unicode().tag(sync=True)
        data = traitlets.Dict().tag(sync=True)
        wrong = traitlets.Unicode().tag(sync=True)

        def __init__(self, read, text, label, unit):
            super().__init__()
            self._read, self._label, self._unit = read, label, unit
            self.text = text
            self._show()
            self.observe(lambda change: self._show(), "text")

        def __repr__(self):
            return "(In JupyterLab you can type a text here.)"  # what an exported page shows of it

        def _show(self):
            try:
                if len(self.text) > LONGEST:
                    raise ValueError(f"text: {len(self.text)} characters, at most {LONGEST} are read")
                values, rules = self._read(self.text)
                self.data = packed(self.text, values, rules, self._unit, self._label)
                self.wrong = ""
            except (KeyError, ValueError) as error:  # of the text alone: what is shown stays
                self.wrong = str(error.args[0])

    return Reader
