"""A figure as notebooks should show it: one small picture with a sentence that says what it shows.

JupyterLab and nbconvert drop the alt text of a bare image; an HTML `<img alt>` survives in both, and both
prefer the HTML to the image beside it, so the picture is seen once.
"""

import base64
import io
import sys
from html import escape
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from rnncourse.plots.style import in_style

WIDEST = 7.2  # inches; nbgrader's feedback pages do not shrink pictures
LARGEST = 45_000  # bytes of PNG, so that the base64 text in the notebook stays under 60 kB
CSS_DPI = 96  # a CSS inch

# (dots per inch, colours), best first; the first that is small enough is taken
_QUALITIES = ((144, 256), (144, 96), (144, 48), (120, 48), (96, 48), (96, 16))


class Figure:
    """A drawn matplotlib figure with alt text, to be the last expression of a cell.

    `figure` is a `matplotlib.figure.Figure` at most 7.2 inches wide; it is drawn once, here, and closed.
    `alt` is a full sentence for readers who do not see the picture; `caption` is shown under it.
    Raises ValueError if the alt text is not a sentence, the figure too wide or too detailed for 45 kB.

    >>> from rnncourse.plots import canvas
    >>> with canvas(3, 2) as (figure, axes):
    ...     _ = axes.plot([0, 1, 4])
    ...     curve = Figure(figure, "A curve rises from 0 to 4, ever more steeply.")
    >>> curve.describe()
    'A curve rises from 0 to 4, ever more steeply.'
    """

    def __init__(self, figure, alt, caption=None):
        self._alt = _sentence(alt)
        self._caption = caption
        width, height = figure.get_size_inches()
        if width > WIDEST + 1e-9:
            raise ValueError(
                f"the figure is {width:.1f} in wide and a page takes {WIDEST}: make it narrower, or split it into rows"
            )
        self._size = round(width * CSS_DPI), round(height * CSS_DPI)  # CSS pixels
        self._png = _small_png(figure)
        _close(figure)

    def describe(self):
        """The alt text: one sentence that says what the picture shows."""
        return self._alt

    def save(self, path):
        """Write the picture as a PNG file and return its path."""
        path = Path(path)
        path.write_bytes(self._png)
        return path

    def __repr__(self):
        return self._alt

    def _repr_html_(self):
        caption = f"<figcaption>{escape(self._caption)}</figcaption>" if self._caption else ""
        width, height = self._size
        return (
            f'<figure style="margin:0"><img alt="{escape(self._alt)}" width="{width}" height="{height}" '
            f'style="max-width:100%;height:auto" src="data:image/png;base64,{self._base64()}">{caption}</figure>'
        )

    def _repr_mimebundle_(self, include=None, exclude=None):
        width, height = self._size
        data = {"text/plain": self._alt, "text/html": self._repr_html_(), "image/png": self._base64()}
        return data, {"image/png": {"width": width, "height": height}}

    def _base64(self):
        return base64.b64encode(self._png).decode("ascii")


def _sentence(alt):
    words = " ".join(alt.split()) if isinstance(alt, str) else ""
    if len(words.split()) < 4 or words[-1] not in ".!?":
        raise ValueError(
            f"alt text must be a full sentence that says what the figure shows; got {alt!r}. "
            "Write what a reader should see in it, and end with a full stop"
        )
    return words


def _small_png(figure):
    for dpi, colors in _QUALITIES:
        png = _png(figure, dpi, colors)
        if len(png) <= LARGEST:
            return png
    raise ValueError(
        f"the picture takes {len(png)} bytes even at {dpi} dpi and {colors} colours, and {LARGEST} is the limit: "
        "draw fewer points"
    )


def _png(figure, dpi, colors):
    pixels = Image.fromarray(_draw(figure, dpi))
    page = Image.new("RGBA", pixels.size, "white")  # opaque: reads well in a dark theme
    page.alpha_composite(pixels)
    small = page.convert("RGB").quantize(colors, dither=Image.Dither.NONE)
    file = io.BytesIO()
    small.save(file, "PNG", optimize=True)  # Pillow writes no date and no program name
    return file.getvalue()


def _draw(figure, dpi):
    """The figure's pixels (height, width, 4) on a canvas of its own, whatever backend is in use."""
    screen, old_dpi = figure.canvas, figure.dpi
    try:
        with in_style():
            figure.set_dpi(dpi)
            page = FigureCanvasAgg(figure)
            page.draw()
            return np.asarray(page.buffer_rgba()).copy()
    finally:
        figure.set_dpi(old_dpi)
        figure.set_canvas(screen)


def _close(figure):
    pyplot = sys.modules.get(
        "matplotlib.pyplot"
    )  # only if the caller uses it: its figures would be shown a second time
    if pyplot is not None:
        pyplot.close(figure)
