"""An attack: a student's folder that somebody changed, and what may come of it.

An attack is written as a function under `@attack`: its docstring says what is tried, and it changes the `Work` that
it is given, which begins as the release with nothing solved. Code that runs in the sandbox says "held: …" for each
thing that was tried in vain and "BREACH: …" for each that was not.
"""

import inspect
import json
import re
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPO = Path(__file__).parents[3]
STEPS = {
    1: ("1-sequence-data", "sequence_data"),
    2: ("2-bptt", "bptt"),
    3: ("3-lstm-gru", "lstm_gru"),
    4: ("4-hidden-states", "hidden_states"),
    5: ("5-transformers", "transformers"),
}
FIRST = {1: "encode_text", 2: "rnn_step", 3: "lstm_step", 4: "record_states", 5: "attention"}
MARK = "rnn-attack"  # in the name of every file that an attack tries to make
SHORT = 8.0  # seconds for the whole submission, where an attack uses up whatever it is given

# What attacking code may use. The names begin with an underscore, as no learner's do.
TOOLS = '''
import os as _os
from pathlib import Path as _Path

_HOST = {host!r}


def _tried(what, doing):
    """Do something and say how it ended."""
    try:
        got = doing()
    except BaseException as stopped:
        print(f"held: {{what}}: {{type(stopped).__name__}}")
    else:
        print(f"BREACH: {{what}}: {{got!r:.200}}" if got is not _NOTHING else f"held: {{what}}: nothing there")


_NOTHING = object()


def _any(found):
    """What was found, or the sign for nothing."""
    return found or _NOTHING
'''


class Work:
    """A student's work: `folder`, the `notebook` as parsed JSON that `save` writes there, and the host's `targets`.

    `targets` holds what an attacker may well know of the host: paths, ports, the name of a variable.
    """

    def __init__(self, folder, step, targets):
        self.folder, self.step, self.targets = Path(folder), step, targets
        assignment, self.name = STEPS[step]
        self.notebook = json.loads(_release(step))
        self.path = self.folder / f"{self.name}.ipynb"
        self.folder.mkdir(parents=True)

    def cell(self, key):
        """The cell of this id."""
        return next(cell for cell in self.notebook["cells"] if isinstance(cell, dict) and cell.get("id") == key)

    def write(self, key, source):
        """Put this source into a cell."""
        self.cell(key)["source"] = self._whole(source)

    def add(self, source, *, before="encode_text", kind="code", key=None, **fields):
        """A new cell before the one of that id."""
        before = FIRST[self.step] if before == FIRST[1] else before
        place = self.notebook["cells"].index(self.cell(before))
        cell = {"cell_type": kind, "id": key or f"mine-{len(self.notebook['cells'])}", "metadata": {}, "source": self._whole(source)}
        if kind == "code":
            cell |= {"execution_count": None, "outputs": []}
        self.notebook["cells"].insert(place, cell | fields)

    def solve(self, *names):
        """Put right solutions into these cells; into all, if none is named."""
        for key in names or solutions(self.step):
            self.write(key, solutions(self.step)[key])

    def put(self, name, content=""):
        """A file beside the notebook."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else textwrap.dedent(content).encode())

    def hand_in(self, content):
        """This content in place of the notebook."""
        self.notebook = None
        self.path.write_bytes(content if isinstance(content, bytes) else content.encode())

    def save(self):
        if self.notebook is not None:
            self.path.write_text(json.dumps(self.notebook), encoding="utf-8")

    def _whole(self, source):
        source = textwrap.dedent(source).strip("\n")
        return TOOLS.format(host=self.targets) + source if re.search(r"_tried|_HOST|_any|_Path", source) else source


@dataclass(frozen=True)
class Attack:
    """One attack. See `attack` for the fields."""

    name: str
    about: str
    build: Callable[[Work], None]
    step: int = 1
    may: float = 0.0
    keeps: float = 0.0
    ran: bool = False
    wall: float | None = None
    student: str | bytes = ""
    remark: str = ""
    finding: str = ""
    also: Callable | None = None


def attack(**fields):
    """Turn a function that changes a `Work` into an `Attack`.

    Args:
        step: of the course.
        may: points that honest work in the same notebook would get; more than that is a success of the attack.
        keeps: points that the attack must not cost, for it hit another exercise.
        ran: something of it must have run and been held back; else it proves nothing.
        wall: seconds for the whole submission, where the usual bound would make the test long.
        student: the name of the student's folder, if it is not the attack's.
        remark, finding: what a remark on the submission, or a finding of a report, has to say (a regular expression).
        also: more to look at, called with the `Outcome`.
    """

    def made(build):
        return Attack(build.__name__, " ".join(inspect.getdoc(build).split()), build, **fields)

    return made


def attacks_of(module):
    """The attacks of a module, in its order."""
    return [thing for thing in vars(module).values() if isinstance(thing, Attack)]


@cache
def solutions(step):
    """Cell id -> right source, from the solution notebook."""
    assignment, name = STEPS[step]
    notebook = json.loads((REPO / "solutions" / assignment / f"{name}.ipynb").read_text(encoding="utf-8"))
    cells = [cell for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("solution")]
    return {cell["id"]: "".join(cell["source"]).replace("### BEGIN SOLUTION", "").replace("### END SOLUTION", "") for cell in cells}


@cache
def _release(step):
    assignment, name = STEPS[step]
    return (REPO / "course" / assignment / f"{name}.ipynb").read_text(encoding="utf-8")
