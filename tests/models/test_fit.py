"""The training loop: schedule, early stopping, checkpoints that resume exactly, also after a kill."""

import subprocess
import sys

import numpy as np
import pytest
import torch

from rnncourse import models
from rnncourse.data import adding_problem, order_carries_label
from rnncourse.models import Settings, answer_loss, fit, fresh, shuffled, step_loss, stream_loss
from rnncourse.models.progress import Line, ProgressBar


def network(seed=0, kind="lstm"):
    return models.SequenceClassifier(2, 1, hidden=6, kind=kind, rng=np.random.default_rng(seed))


def draw(rng, length=8):
    x, y = adding_problem(rng, 5, length)
    return x, np.full(5, length), y[:, None]


def trained(settings, draw=draw, seed=0, **options):
    model = network(seed)
    return model, fit(model, fresh(draw, 3), answer_loss, settings, **options)


def weights(model):
    return torch.cat([weight.detach().flatten() for weight in model.parameters()])


def test_a_seed_decides_everything():
    (one, first), (two, second), (_, other) = (trained(Settings(epochs=3, seed=seed)) for seed in (1, 1, 2))
    assert first == second and torch.equal(weights(one), weights(two))
    assert first.losses != other.losses


@pytest.mark.parametrize(
    ("schedule", "rates"), [("constant", [1, 1, 1, 1]), ("linear", [1, 0.75, 0.5, 0.25]), ("cosine", [1, 0.853553, 0.5, 0.146447])]
)
def test_the_learning_rate_follows_its_schedule(schedule, rates, monkeypatch):
    used = []
    step = torch.optim.Adam.step
    monkeypatch.setattr(torch.optim.Adam, "step", lambda self: used.append(self.param_groups[0]["lr"]) or step(self))
    settings = Settings(epochs=4, learning_rate=0.01, schedule=schedule)
    trained(settings)
    assert used[::3] == pytest.approx([0.01 * rate for rate in rates], rel=1e-5)


def test_training_stops_when_the_score_does_not_improve_and_keeps_the_best():
    scores, kept = iter([5.0, 3.0, 4.0, 3.5, 1.0]), []

    def score(model):
        kept.append(weights(model))
        return next(scores)

    model, history = trained(Settings(epochs=5, patience=2), score=score)
    assert history.scores == [5.0, 3.0, 4.0, 3.5]
    assert history.best == 1
    assert torch.equal(weights(model), kept[1])


def test_patience_needs_a_score():
    with pytest.raises(ValueError, match="stopping early needs a score"):
        trained(Settings(patience=2))


@pytest.mark.parametrize("stop_at", [1, 2, 5])
def test_a_stopped_run_goes_on_to_the_same_end(stop_at, tmp_path):
    settings, calls = Settings(epochs=4, schedule="linear", patience=3), []

    def stopped(rng):
        calls.append(1)
        if len(calls) == 3 * stop_at - 1:  # in the middle of an epoch
            raise KeyboardInterrupt
        return draw(rng)

    def score(model):
        return float(weights(model).norm())

    file = tmp_path / "deep" / "run.pt"
    if stop_at <= 4:
        with pytest.raises(KeyboardInterrupt):
            trained(settings, stopped, score=score, checkpoint_at=file)
        assert len(torch.load(file, weights_only=True)["history"]["losses"]) == stop_at - 1 if stop_at > 1 else not file.exists()
    else:
        trained(settings, score=score, checkpoint_at=file)  # ran to its end: nothing is left to do
    resumed, history = trained(settings, score=score, checkpoint_at=file)
    whole, expected = trained(settings, score=score)
    assert history == expected
    assert torch.equal(weights(resumed), weights(whole))
    assert [path.name for path in file.parent.iterdir()] == ["run.pt"]


PROGRAM = """
import sys, time
import numpy as np
from rnncourse import models
from rnncourse.data import adding_problem

drawn = []

def draw(rng):
    drawn.append(1)
    if len(drawn) == 11:  # in the middle of the fourth epoch
        print("killing me would be bad now", flush=True)
        time.sleep(60)
    x, y = adding_problem(rng, 5, 8)
    return x, np.full(5, 8), y[:, None]

model = models.SequenceClassifier(2, 1, hidden=6, kind="lstm", rng=np.random.default_rng(0))
models.fit(model, models.fresh(draw, 3), models.answer_loss, models.Settings(epochs=6), checkpoint_at=sys.argv[1])
"""


def test_a_killed_process_loses_the_epoch_under_way_and_nothing_else(tmp_path):
    file = tmp_path / "run.pt"
    with subprocess.Popen([sys.executable, "-c", PROGRAM, str(file)], stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        process.kill()
    assert len(torch.load(file, weights_only=True)["history"]["losses"]) == 3
    resumed, history = trained(Settings(epochs=6), checkpoint_at=file)
    whole, expected = trained(Settings(epochs=6))
    assert history == expected
    assert torch.equal(weights(resumed), weights(whole))


def test_a_checkpoint_of_another_training_is_refused_and_says_what_differs(tmp_path):
    file = tmp_path / "run.pt"
    trained(Settings(epochs=2), checkpoint_at=file)
    with pytest.raises(ValueError, match=r"run.pt is of another training: epochs was 2, now 3; learning_rate was 0.003, now 0.1"):
        trained(Settings(epochs=3, learning_rate=0.1), checkpoint_at=file)
    with pytest.raises(ValueError, match="first weights was"):
        trained(Settings(epochs=2), seed=1, checkpoint_at=file)


def test_a_damaged_checkpoint_is_named(tmp_path):
    file = tmp_path / "run.pt"
    file.write_bytes(b"PK\x03\x04 no archive")
    with pytest.raises(ValueError, match=r"run.pt: cannot be read as a checkpoint .*; delete it"):
        trained(Settings(), checkpoint_at=file)


def test_a_stream_carries_its_state_and_no_history():
    model = models.CharacterModel(4, hidden=5, kind="lstm", rng=np.random.default_rng(0))
    ids = torch.randint(4, (2, 9))
    whole, _ = stream_loss(model, (ids[:, :8], ids[:, 1:]), None)
    first, state = stream_loss(model, (ids[:, :4], ids[:, 1:5]), None)
    second, state = stream_loss(model, (ids[:, 4:8], ids[:, 5:]), state)
    assert (first + second).item() / 2 == pytest.approx(whole.item(), rel=1e-5)
    assert not any(each.requires_grad for each in state)


def test_steps_that_are_not_asked_do_not_count():
    model = models.SymbolLabeller(4, 3, hidden=5, rng=np.random.default_rng(0))
    ids, targets = torch.randint(4, (2, 6)), torch.randint(3, (2, 6))
    targets[:, 3:] = -1
    everything, _ = step_loss(model, (ids, targets), None)
    front, _ = step_loss(model, (ids[:, :3], targets[:, :3]), None)
    assert everything.item() == pytest.approx(front.item(), rel=1e-6)


def test_dropout_is_drawn_from_the_runs_own_seed():
    x, y = order_carries_label(np.random.default_rng(0), pairs=8, T=5)

    def run():
        model = models.SequenceClassifier(4, 2, hidden=4, kind="gru", layers=2, rng=np.random.default_rng(0))
        model.recurrent.dropout = 0.5
        return fit(model, shuffled(x, np.full(16, 5), y, 4), answer_loss, Settings(epochs=2), show=False).losses

    torch.manual_seed(1)
    first, after = run(), torch.rand(1)
    torch.manual_seed(1)
    assert torch.rand(1) == after
    assert run() == first


def test_a_gpu_is_used_if_asked_and_there(monkeypatch):
    assert Settings().target() == torch.device("cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert Settings(device="auto").target() == torch.device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert Settings(device="auto").target() == torch.device("cpu")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no GPU that torch can use")
def test_a_gpu_trains_as_the_cpu_does():
    _, here = trained(Settings(epochs=2))
    model, there = trained(Settings(epochs=2, device="cuda"))
    assert next(model.parameters()).is_cuda
    assert there.losses == pytest.approx(here.losses, rel=1e-3)


@pytest.mark.parametrize("wrong", [{"schedule": "step"}, {"epochs": 0}, {"learning_rate": 0.0}, {"max_norm": -1.0}])
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match="expected"):
        Settings(**wrong)


class Screen:
    """Stands in for the notebook: what is displayed and what replaces it."""

    def __init__(self):
        self.lines = []

    def display(self, line, display_id):
        assert display_id is True
        self.lines = [str(line)]
        return self

    def update(self, line):
        self.lines[-1] = str(line)


@pytest.fixture
def notebook(monkeypatch):
    """A notebook's screen; every update is drawn."""
    IPython = pytest.importorskip("IPython")
    screen = Screen()
    monkeypatch.setattr("rnncourse.models.progress._screen", lambda: "notebook")
    monkeypatch.setattr("rnncourse.models.progress.WAIT", 0.0)
    monkeypatch.setattr(IPython.display, "display", screen.display)
    return screen


def test_the_bar_is_one_line_that_ends_clean(notebook):
    _, history = trained(Settings(epochs=3))
    assert notebook.lines == [f"{'█' * 20} 3 of 3 epochs · loss {history.losses[-1]:.4g}"]


def test_a_stopped_bar_says_where(notebook):
    with pytest.raises(KeyError), ProgressBar(4) as bar:
        bar.show(2, "loss 1")
        raise KeyError
    assert notebook.lines == ["██████████░░░░░░░░░░ 2 of 4 epochs · stopped in epoch 3 of 4"]


def test_the_bar_is_silent_where_nobody_looks(monkeypatch, capsys):
    monkeypatch.setenv("CI", "true")
    trained(Settings(epochs=1))
    monkeypatch.delenv("CI")
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    trained(Settings(epochs=1))
    monkeypatch.delenv("NBGRADER_EXECUTION")
    trained(Settings(epochs=1))  # no terminal either: pytest reads what is printed
    assert capsys.readouterr() == ("", "")


def test_the_bars_html_names_itself():
    html = Line(1, 2, "epochs", "loss <1")._repr_mimebundle_()["text/html"]
    assert '<progress value="1" max="2" aria-label="1 of 2 epochs"' in html
    assert "loss &lt;1" in html
