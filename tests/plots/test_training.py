"""Figures of training runs, and the one that grows while a network trains."""

from types import SimpleNamespace

import numpy as np
import pytest

from rnncourse.plots import training
from rnncourse.plots.training import LiveLoss, averaged

NATS = np.log(2)


def run(bits):
    return SimpleNamespace(losses=np.full(20, bits * NATS), norms=np.linspace(0.5, 2 * bits, 20))


FIGURES = {
    "losses": (
        lambda: training.losses({"slow": [np.linspace(2, 1, 20) * NATS] * 2}, levels={"guessing": 2}, width=5),
        "slow, 2 runs: 1.89 to 1.89 at first, 1.11 to 1.11 at last; guessing: 2.00.",
    ),
    "clipping": (
        lambda: training.clipping({"free": [run(9), run(12)], "clipped": [run(3)]}, 0.25, {"knowing nothing": 6.25}),
        "free: loss 9.00 to 12.00 bits at last, largest gradient norm 16.16 to 21.53; "
        "clipped: loss 3.00 to 3.00 bits at last, largest gradient norm 5.42 to 5.42; max_norm is 0.25.",
    ),
    "temperatures": (
        lambda: training.temperatures({0.5: [0.9, 0.1], 2: [0.4, 0.6]}, ["e", "a"]),
        "The chances of 2 characters at different temperatures: at 0.5 e has 90%; at 2 a has 60%.",
    ),
}


@pytest.mark.parametrize("name", FIGURES)
def test_alt_text_tells_the_numbers_and_the_picture_is_small(name):
    draw, told = FIGURES[name]
    assert told in draw().describe()
    assert len(draw()._repr_html_()) < 60_000
    assert draw()._repr_html_() == draw()._repr_html_()


def test_runs_too_short_to_average_are_one_point():
    steps, means = averaged(np.array([1.0, 3.0]), 10)
    assert (steps.tolist(), means.tolist()) == ([1.0], [2.0])
    assert averaged(np.arange(7.0), 3)[1].tolist() == [1.0, 4.0]


class Screen:
    """Stands in for the notebook: what was displayed first, and what replaced it."""

    def __init__(self):
        self.shown = []

    def display(self, figure, display_id):
        assert display_id is True
        self.shown.append(["first", figure])
        return SimpleNamespace(update=lambda figure: self.shown.append(["update", figure]))


@pytest.fixture
def screen(monkeypatch):
    found = Screen()
    monkeypatch.setattr("IPython.display.display", found.display)
    monkeypatch.setattr(training, "SECONDS", -1.0)  # draw at every step
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    return found


def feed(watch, bits):
    for step, value in enumerate(bits):
        watch(step + 1, value * NATS)


def test_a_live_figure_grows_in_place_and_ends_with_all_steps(screen):
    with LiveLoss(3, {"guessing": 1.0}) as watch:
        feed(watch, [3, 2, 1])
    assert [how for how, _ in screen.shown] == ["first", "update", "update", "update"]
    assert "over 1 of 3 steps" in screen.shown[0][1].describe()
    last = screen.shown[-1][1].describe()
    assert last == "Bits per symbol over 3 of 3 steps: 3.00 at the start, 2.00 halfway, 1.00 at the end. guessing: 1.00."


@pytest.mark.parametrize("name", ["CI", "NBGRADER_EXECUTION"])
def test_where_nobody_looks_on_there_is_one_figure_at_the_end(screen, monkeypatch, name):
    monkeypatch.setenv(name, "true")
    with LiveLoss(3) as watch:
        feed(watch, [3, 2, 1])
    ((how, figure),) = screen.shown
    assert how == "first"
    assert figure.describe() == "Bits per symbol over 3 of 3 steps: 3.00 at the start, 2.00 halfway, 1.00 at the end."


def test_a_training_that_is_stopped_keeps_its_curve(screen):
    with pytest.raises(KeyboardInterrupt), LiveLoss(9) as watch:
        feed(watch, [3, 2])
        raise KeyboardInterrupt
    assert "over 2 of 9 steps" in screen.shown[-1][1].describe()


def test_a_training_that_fails_before_its_first_step_shows_nothing(screen):
    with pytest.raises(ValueError, match="no batches"), LiveLoss(9):
        raise ValueError("no batches")
    assert screen.shown == []
