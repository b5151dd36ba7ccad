"""A student with everything that a page can show, made from the course's own notebook and from real checks."""

import base64
import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rnncourse.checking.score import assess
from rnncourse.exercises import find
from rnncourse.grading.feedback import Late, Mark, page
from rnncourse.grading.submission import Remark
from rnncourse.grading.verdict import Graded, NotebookVerdict, Verdict

REPO = Path(__file__).parents[3]
STEP, NAME = "2-bptt", "bptt"

# The student's code for each exercise; what is not here is as it was handed out.
CODE = {
    "rnn_step": '''\
def rnn_step(x, h, W_xh, W_hh, b):
    """One step: x (B, D), h (B, H) to the next h (B, H)."""
    return np.tanh(x @ W_xh + h @ W_hh + b)
''',
    "rnn_forward": '''\
def rnn_forward(x, h0, W_xh, W_hh, b):
    """Run over all T steps, and keep every state."""
    B, T, D = x.shape
    hs = np.empty((B, T, h0.shape[1]))
    for t in range(T):
        h = rnn_step(x[:, t], h0, W_xh, W_hh, b)  # TODO: is h0 right here?
        hs[:, t] = h
    return hs
''',
    "rnn_step_backward": """\
def rnn_step_backward(dh, x, h_prev, h, W_xh, W_hh):
    dz = dh * (1 - h**2)
    return dz @ W_xh.T, dz @ W_hh, x.T @ dz, h_prev.T @ dz, dz.sum(axis=0)
""",
    "rnn_backward": """\
def rnn_backward(dhs, x, h0, hs, W_xh, W_hh):
    raise ValueError(f"not sure about {dhs.shape}")
""",
    "numerical_gradient": '''\
def numerical_gradient(f, a, eps=1e-5):
    """Central differences, one element after the other."""
    gradient = np.zeros_like(a)
    for i in np.ndindex(a.shape):
        kept = a[i]
        a[i] = kept + eps
        above = f(a)
        a[i] = kept - eps
        gradient[i] = (above - f(a)) / (2 * eps)
        a[i] = kept
    return gradient
''',
    "clip_by_global_norm": """\
def clip_by_global_norm(grads, max_norm):
    print("clipping", len(grads), "arrays")
    norm = np.sqrt(sum((g**2).sum() for g in grads))
    return [g * max_norm / norm if norm > max_norm else g for g in grads], norm
""",
}

ANSWER = r"""### Why gradients vanish

The gradient goes back through **every** step, and each one multiplies it by $\mathrm{diag}(1 - h_t^2)\, W_{hh}^\top$:

$$\frac{\partial L}{\partial h_0} =
\sum_{t=1}^{T} \frac{\partial L_t}{\partial h_t} \prod_{k=1}^{t} \frac{\partial h_k}{\partial h_{k-1}}$$

1. `tanh'` is at most 1, so the product shrinks;
2. if the largest singular value of $W_{hh}$ is below 1, it shrinks *geometrically*.

> Bengio, Simard and Frasconi (1994), see [the paper](https://example.org/bengio94).

| lag | norm |
|---|---|
| 1 | 0.8 |
| 20 | 0.004 |
"""


@dataclass
class Student:
    """What `page` takes, and the page that it makes."""

    student: str
    verdict: Verdict
    notebook: dict
    marks: tuple
    assignment: str = STEP
    name: str = NAME
    received: datetime | None = datetime(2026, 3, 5, 14, 3, tzinfo=UTC)
    late: Late | None = None

    def page(self):
        return page(
            self.student,
            self.assignment,
            self.verdict,
            self.name,
            self.notebook,
            manual=self.marks,
            received=self.received,
            late=self.late,
        )


def picture(kind="PNG"):
    """A small picture in base64: two curves' worth of colour."""
    from PIL import Image

    file = io.BytesIO()
    Image.linear_gradient("L").resize((240, 60)).convert("RGB").save(file, kind, comment=b"hidden words")
    return base64.b64encode(file.getvalue()).decode()


def written_answer(name, text, points):
    """A manually graded Markdown cell as nbgrader keeps it."""
    block = {
        "grade": True,
        "solution": True,
        "locked": False,
        "task": False,
        "grade_id": name,
        "points": points,
        "schema_version": 3,
    }
    return {"cell_type": "markdown", "id": name, "metadata": {"nbgrader": block}, "source": text}


def heading(text):
    return {"cell_type": "markdown", "id": f"h-{len(text)}", "metadata": {}, "source": f"### {text}"}


def report_of(name):
    """The report of the check of one exercise on this student's code, or of the released stub."""
    source = CODE.get(name, f"def {name}(*arguments):\n    raise NotImplementedError\n")
    space = {"np": __import__("numpy")}
    exec(compile(CODE["rnn_step"] + source, "<cell>", "exec"), space)
    return assess(find(name), space[name], seed=7)


@pytest.fixture(scope="session")
def reports():
    """Check cell -> report, for every exercise of step 2, in the notebook's order."""
    names = [name for name in _names() if find(name).id.startswith("2.")]
    return {f"check_{name}": report_of(name) for name in names}


def _names():
    released = json.loads((REPO / "course" / STEP / f"{NAME}.ipynb").read_text(encoding="utf-8"))
    return [cell["id"].removeprefix("check_") for cell in released["cells"] if cell["id"].startswith("check_")]


def handed_in():
    """The notebook as this student handed it in, with two answers that a person grades."""
    notebook = json.loads((REPO / "course" / STEP / f"{NAME}.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        cell["source"] = CODE.get(cell["id"], cell["source"])
    answers = [
        heading("Question 2.A · Why do gradients vanish?"),
        written_answer("why_vanish", ANSWER, 4),
        heading("Question 2.B · What does clipping change?"),
        written_answer("what_clipping", "It keeps the direction, I think.", 2),
        {"cell_type": "code", "id": "mine", "metadata": {}, "source": "losses = train()\nplot(losses)"},
    ]
    notebook["cells"].extend(answers)
    return notebook


OUTPUTS = {
    "mine": [
        {"output_type": "stream", "name": "stdout", "text": "epoch 1  loss 2.31\nepoch 2  loss 1.87\n"},
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {
                "image/png": picture(),
                "text/html": "<script>alert(1)</script>",
                "text/plain": "The loss falls from 2.3 to 1.9.",
            },
        },
    ],
}
REMARKS = (
    Remark("repaired", "The cell check_rnn_step was missing and was put back", "check_rnn_step"),
    Remark("repaired", "The notebook was called bptt (1).ipynb and was taken as bptt.ipynb"),
    Remark("notice", "The file notes.txt is no part of the assignment and was not looked at"),
    Remark("refused", "The file model.pt was not taken: 81 MB is more than the 20 MB that a file may have"),
    Remark("tampered", "The points of check_rnn_backward were changed in the file, and set back", "check_rnn_backward"),
)


@pytest.fixture
def anna(reports):
    """A student with every state, remarks of every kind, marks, outputs, a failed cell, and a late submission."""
    graded = tuple(Graded(cell, report) for cell, report in reports.items())
    judged = NotebookVerdict(
        NAME, graded, OUTPUTS, {"rnn_backward": "The cell took longer than 60 seconds and was stopped."}
    )
    verdict = Verdict(STEP, "c0ffee" * 10, "d" * 64, "0.1.0", "none", (judged,), REMARKS)
    marks = (
        Mark(
            "why_vanish",
            3.0,
            4.0,
            "Good: the product is the point.\n\nOne point off: the *sum* over t has no part in vanishing.",
        ),
        Mark("what_clipping", None, 2.0),
        Mark("rnn_step", comment="Nice and short."),
        Mark("check_rnn_forward", 1.5, 3.0),
    )
    return Student("anna-berg", verdict, handed_in(), marks, late=Late(9000, 1.0))


@pytest.fixture
def ben(reports):
    """A student who passed all that there is, in time, with isolation, and nothing else."""
    graded = tuple(Graded(cell, report) for cell, report in reports.items() if report.passed)
    verdict = Verdict(STEP, "beef" * 16, "d" * 64, "0.1.0", "bubblewrap", (NotebookVerdict(NAME, graded),))
    return Student("ben", verdict, handed_in(), ())


# ---------------------------------------------------------------- a browser

class Window:
    """A browser window that shows pages at http://feedback.test/ and notes all that an active page would do."""

    def __init__(self, browser, **options):
        self.context = browser.new_context(**options)
        self.context.route("**/*", self._answer)
        self.page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.html, self.noted = "", []
        self.page.on("dialog", self._dialog)
        self.page.on("console", lambda message: self.noted.append(f"console: {message.text}"))
        self.page.on("pageerror", lambda error: self.noted.append(f"error: {error}"))
        self.page.on(
            "framenavigated",
            lambda frame: self.noted.append(f"navigated: {frame.url}") if frame.url != self.url else None,
        )
        self.context.on("page", lambda page: self.noted.append(f"window: {page.url}"))

    url = "http://feedback.test/"

    def show(self, html):
        self.html = html
        self.page.goto(self.url)
        return self.page

    def _answer(self, route):
        if route.request.url == self.url and route.request.is_navigation_request():
            route.fulfill(body=self.html.encode("utf-8"), content_type="text/html; charset=utf-8")
        else:
            self.noted.append(f"request: {route.request.url}")
            route.abort()

    def _dialog(self, dialog):
        self.noted.append(f"dialog: {dialog.message}")
        dialog.dismiss()


@pytest.fixture
def window(chromium):
    """Call it with the options of a browser context to get a `Window`."""
    opened = []

    def open_window(**options):
        opened.append(Window(chromium, **options))
        return opened[-1]

    yield open_window
    for one in opened:
        one.context.close()
