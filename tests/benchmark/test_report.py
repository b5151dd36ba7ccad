"""The page: everything in one file that runs nothing and asks nobody, with words for every figure."""

import re
from html.parser import HTMLParser

import pytest

from rnncourse.benchmark.comparison import compare_here
from rnncourse.benchmark.plan import Plan
from rnncourse.benchmark.reading import Reading
from rnncourse.benchmark.report import write_report

TINY = Plan((("charlm", 4000), ("copy", 4000)), rates=(3e-3,), seeds=(0, 1), checkpoints=2, arms=("LSTM", "Transformer"), cost_lengths=(16, 32), positions=(8, 16), race_iterations=4, race_seeds=(0,), race_sizes=((20_000, 4), (20_000, 8)))  # fmt: skip


@pytest.fixture(scope="module")
def reading():
    """The rows of a tiny comparison."""
    found = Reading(compare_here(TINY))
    assert len({row["key"] for row in found.rows}) == TINY.count()
    return found


class Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.alts, self.sources, self.said = [], [], [], []

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        held = dict(attributes)
        self.alts += [held.get("alt")] if tag == "img" else []
        self.sources += [held[name] for name in ("src", "href") if name in held]

    def handle_data(self, data):
        self.said.append(data)


def test_the_page_needs_nothing_else(reading, tmp_path):
    text = write_report(reading, tmp_path / "sub" / "page.html").read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    assert not {"script", "link", "iframe", "object"} & set(page.tags) and not re.search(r"\son\w+=", text)
    assert page.sources and all(source.startswith("data:image/png;base64,") for source in page.sources)
    assert all(alt and alt.endswith(".") and len(alt.split()) > 5 for alt in page.alts)
    assert len(page.alts) == 2 * 2 + 1 + 1 + 2 + 2  # curves of two tasks, lengths, race, cost, streaming
    said = " ".join(page.said)
    for words in ("within 2 %", "1 trials", "LSTM", "Transformer", "nanoGPT", "95 % interval", "the next character", "Where it was measured"):
        assert words in said
    assert "nan" not in said.replace("nanoGPT", "") and "None" not in said


def test_what_rows_say(reading):
    assert reading.tasks == ["charlm", "copy"] and reading.arms == ["LSTM", "Transformer"]
    x, losses = reading.curves("copy")["LSTM"]
    assert losses.shape == (2, len(x)) and x[-1] == pytest.approx(4000, abs=960)
    assert reading.ends("copy")["LSTM"].tolist() == losses[:, -1].tolist()
    assert reading.blocks("charlm")["Transformer"].shape == (2, 32)
    found = reading.differences("charlm")["LSTM", "Transformer"]
    ends = reading.ends("charlm")
    assert found.mean == pytest.approx(ends["LSTM"].mean() - ends["Transformer"].mean(), abs=1e-3) and found.low <= found.mean <= found.high
    assert reading.within("charlm", 1e9)["LSTM"].tolist() == ends["LSTM"].tolist()
    assert reading.sizes("copy")["Transformer"][3] == 2 and reading.sizes("copy")["LSTM"][2] is None
    assert {arm: list(rates) for arm, rates in reading.trials("copy").items()} == {"LSTM": [3e-3], "Transformer": [3e-3]}
    assert [len(values) for values in reading.lengths("copy")["LSTM"]] == [4, 2]
    assert reading.cost()["LSTM"][0].tolist() == [16, 32] and reading.streaming("state_bytes")["LSTM"][1].tolist() == [1048, 1048]
    assert set(reading.race()) == {"nanoGPT", "LSTM"} and reading.speed("copy")["LSTM"] > 0


def test_equal_rows_give_an_equal_page(reading, tmp_path):
    one, two = (write_report(Reading(reading.rows), tmp_path / name).read_bytes() for name in ("1.html", "2.html"))
    assert one == two


def test_a_run_that_broke_is_left_out(reading):
    rows = [row | ({"loss": None, "right": None} if row["part"] == "final" and row["arm"] == "LSTM" and row["seed"] == 1 and row["measure"] == "learning" else {}) for row in reading.rows]
    broken = Reading(rows)
    assert len(broken.runs("copy")["LSTM"]) == 1 and len(broken.runs("copy")["Transformer"]) == 2
    assert broken.differences("copy") == {}
    with_one = broken.ends("copy")
    assert len(with_one["LSTM"]) == 1
