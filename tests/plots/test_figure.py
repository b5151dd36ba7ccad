import base64
import io
import os
import subprocess
import sys

import matplotlib
import nbformat
import numpy as np
import pytest
from nbconvert import HTMLExporter
from PIL import Image

from rnncourse.plots import Figure, canvas

ALT = "A line rises from 0 to 4."


def line(alt=ALT, caption=None):
    with canvas(4, 2) as (figure, axes):
        axes.plot([0, 1, 4])
        axes.set_xlabel("time")
        return Figure(figure, alt, caption)


def noise(points, seed=0):
    """A figure of so many random dots, each of another colour: hard to compress."""
    rng = np.random.default_rng(seed)
    with canvas(7, 5) as (figure, axes):
        axes.scatter(rng.random(points), rng.random(points), c=rng.random(points), s=30 * rng.random(points))
        return figure


def test_bundle_has_the_sentence_the_html_and_the_picture():
    data, metadata = line()._repr_mimebundle_()
    assert set(data) == {"text/plain", "text/html", "image/png"}
    assert data["text/plain"] == ALT
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert picture.format == "PNG"
    assert picture.size == (4 * 144, 2 * 144)
    assert metadata["image/png"] == {"width": 4 * 96, "height": 2 * 96}


def test_html_holds_one_image_with_alt_and_the_caption():
    data, _ = line(caption="Steeper and steeper.")._repr_mimebundle_()
    html = data["text/html"]
    assert html.count("<img") == 1
    assert f'alt="{ALT}"' in html
    assert f"data:image/png;base64,{data['image/png']}" in html
    assert "<figcaption>Steeper and steeper.</figcaption>" in html
    assert "<figcaption>" not in line()._repr_html_()


def test_alt_and_caption_are_escaped():
    html = line('The ratio a<b & "quoted" falls fast.', "a < b")._repr_html_()
    assert 'alt="The ratio a&lt;b &amp; &quot;quoted&quot; falls fast."' in html
    assert "<figcaption>a &lt; b</figcaption>" in html


def test_describe_and_repr_give_the_sentence_on_one_line():
    figure = line("A line rises\n    from 0 to 4.")
    assert figure.describe() == ALT
    assert repr(figure) == ALT


@pytest.mark.parametrize("alt", ["", "   ", None, 3, "loss", "loss curve.", "A line rises from 0 to 4"])
def test_alt_that_is_no_sentence_is_refused_with_the_mend(alt):
    with pytest.raises(ValueError, match="full sentence.*full stop"):
        line(alt)


def test_too_wide_is_refused():
    with canvas(7.3, 2) as (figure, _), pytest.raises(ValueError, match=r"7\.3 in wide and a page takes 7\.2"):
        Figure(figure, ALT)


def test_the_picture_is_opaque_even_if_the_figure_is_not():
    with canvas(3, 2) as (figure, axes):
        figure.patch.set_alpha(0)
        axes.patch.set_alpha(0)
        data, _ = Figure(figure, ALT)._repr_mimebundle_()
    picture = Image.open(io.BytesIO(base64.b64decode(data["image/png"])))
    assert "transparency" not in picture.info
    assert picture.convert("RGB").getpixel((1, 1)) == (255, 255, 255)


def test_a_detailed_figure_is_made_small(tmp_path):
    path = Figure(noise(300), ALT).save(tmp_path / "dots.png")
    assert path.stat().st_size <= 45_000
    assert Image.open(path).width >= 7 * 96


def test_a_figure_that_cannot_be_made_small_is_refused():
    with pytest.raises(ValueError, match="draw fewer points"):
        Figure(noise(60_000), ALT)


def test_bytes_do_not_depend_on_the_reader_s_settings(tmp_path):
    before = line().save(tmp_path / "before.png").read_bytes()
    with matplotlib.rc_context({"font.size": 20, "figure.dpi": 40, "axes.facecolor": "black", "lines.linewidth": 9}):
        changed = line().save(tmp_path / "changed.png").read_bytes()
    assert before == changed
    assert b"Software" not in before
    assert b"tEXt" not in before and b"tIME" not in before


def test_drawing_changes_no_global_setting():
    before = dict(matplotlib.rcParams)
    line()
    assert dict(matplotlib.rcParams) == before


def test_settings_come_back_when_drawing_fails():
    before = dict(matplotlib.rcParams)
    with pytest.raises(ZeroDivisionError), canvas():
        raise ZeroDivisionError
    assert dict(matplotlib.rcParams) == before


def test_a_pyplot_figure_is_closed_and_others_stay_open():
    from matplotlib import pyplot

    pyplot.switch_backend("agg")
    others = pyplot.get_fignums()  # left open by whatever ran before in this process
    kept, shown = pyplot.figure(), pyplot.figure()
    shown.subplots().plot([1, 2])
    Figure(shown, ALT)
    assert pyplot.get_fignums() == [*others, kept.number]
    pyplot.close(kept)


def test_needs_no_screen_and_no_pyplot():
    code = (
        "import sys; from rnncourse.plots import Figure, canvas\n"
        "with canvas(3, 2) as (figure, axes):\n"
        f"    axes.plot([0, 1]); Figure(figure, {ALT!r})\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment | {"MPLBACKEND": "tkagg"}, capture_output=True, text=True
    )
    assert done.stdout.strip() == "False", done.stderr


@pytest.mark.parametrize("template", ["lab", "classic", "basic"])
def test_nbconvert_shows_the_picture_once_and_keeps_the_alt_text(template):
    data, metadata = line(caption="Steeper.")._repr_mimebundle_()
    output = nbformat.v4.new_output("execute_result", data, metadata=metadata, execution_count=1)
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell("line()", outputs=[output], execution_count=1)]
    )
    html, _ = HTMLExporter(template_name=template).from_notebook_node(notebook)
    assert html.count(data["image/png"]) == 1
    assert f'alt="{ALT}"' in html
    assert "<figcaption>Steeper.</figcaption>" in html
