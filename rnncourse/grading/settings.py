"""The class's settings: one readable file, `grading/class.toml`, that every command of the class reads.

    late = "10% per day, grace 15 min, at most 5 days"   # what lateness costs; without it, nothing
    resubmission = "better"                              # or "last", or "in time"
    exchange = "/srv/nbgrader/exchange"                  # nbgrader's exchange
    database = "postgresql+psycopg://user@host/name"     # the gradebook
    check_owner = true                                   # a hand-in must belong to its student

    [assignments.1-sequence-data]                        # late and resubmission for one assignment
    late = "cutoff"

    [limits]                                             # of one submission; see rnncourse.grading.limits
    wall_seconds = 900

All of it is optional. A policy stands here and not in a command's option, so that no later run can forget it.
The variables RNNCOURSE_EXCHANGE and RNNCOURSE_DATABASE come before the file.
"""

import difflib
import json
import os
import re
import tempfile
import tomllib
from dataclasses import dataclass, field, fields, replace
from pathlib import Path

from rnncourse.grading.limits import Limits
from rnncourse.grading.records.late import NoPenalty, parse_policy

NAME = "class.toml"
RULES = ("better", "last", "in time")  # which of a student's hand-ins counts; see rnncourse.grading.resubmission
NBGRADER_EXCHANGE = "/usr/local/share/nbgrader/exchange"  # where nbgrader itself looks
_KEYS = ("late", "resubmission", "exchange", "database", "check_owner", "assignments", "limits")
_HEAD = "# Settings of this class, read by every rnncourse command in this folder.\n"


class SettingsError(ValueError):
    """The file cannot be used; the message names the file, the line and what was expected."""


@dataclass(frozen=True)
class Settings:
    """What class.toml says; `late` is a policy of `records.late`, or None where it names none."""

    late: object = None
    resubmission: str = RULES[0]
    exchange: Path | None = None
    database: str | None = None
    check_owner: bool = True
    limits: Limits = field(default_factory=Limits)
    assignments: dict = field(default_factory=dict)  # name -> Settings, with late and resubmission of its own

    def of(self, assignment):
        """The Settings that hold for one assignment."""
        return self.assignments.get(assignment, self)

    @property
    def policy(self):
        """What lateness costs: a policy of `records.late`."""
        return self.late or NoPenalty()


def path_of(root):
    """Where the settings of the class in the folder `root` are."""
    return Path(root) / "grading" / NAME


def read_settings(root):
    """The `Settings` of the class in the folder `root`; a class without the file has the defaults.

    Raises:
        SettingsError: the file cannot be read, is no TOML, or holds a key or value that means nothing.
    """
    path = path_of(root)
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return Settings()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not written in TOML: {error}") from error
    return _Reader(path, text, Path(root)).settings(data)


def write_late(root, policy):
    """Put the late policy into the settings, which name none so far; every other line stays as it is."""
    path = path_of(root)
    text = path.read_text(encoding="utf-8") if path.exists() else _HEAD
    lines = text.splitlines(keepends=True)
    table = next((place for place, line in enumerate(lines) if line.lstrip().startswith("[")), len(lines))
    comment = next((place for place, line in enumerate(lines) if not line.startswith("#")), len(lines))
    lines.insert(min(table, comment), f"late = {json.dumps(str(policy))}\n")
    _write(path, "".join(lines))


def exchange_of(root, settings=None):
    """The exchange's folder: RNNCOURSE_EXCHANGE, else the setting, else nbgrader's own; it need not be there.

    Raises:
        SettingsError: it is inside grading/, where no student may look.
    """
    named = os.environ.get("RNNCOURSE_EXCHANGE")
    settings = settings or read_settings(root)
    folder = Path(named) if named else settings.exchange or Path(NBGRADER_EXCHANGE)
    private = Path(root, "grading").resolve()
    if private in (folder.resolve(), *folder.resolve().parents):
        raise SettingsError(
            f"the exchange {folder} is inside {private}, which holds the class's grades and which no student may enter. "
            f"Move it elsewhere, and name it in RNNCOURSE_EXCHANGE or by exchange = in {path_of(root)}"
        )
    return folder


def database_of(root):
    """The gradebook's URL: RNNCOURSE_DATABASE, else the setting, else SQLite in grading/."""
    file = os.path.join(os.path.abspath(root), "grading", "gradebook.db")
    return os.environ.get("RNNCOURSE_DATABASE") or read_settings(root).database or f"sqlite:///{file}"


class _Reader:
    """Checks each value, and knows the line that it stands in."""

    def __init__(self, path, text, root):
        self._path, self._lines, self._root = path, text.splitlines(), root

    def settings(self, data):
        self._check_keys(data, _KEYS)
        found = self._rules(data, Settings())
        found = replace(
            found,
            exchange=self._exchange(data),
            database=self._typed(data, "database", str),
            check_owner=self._typed(data, "check_owner", bool, True),
            limits=self._limits(self._typed(data, "limits", dict, {})),
        )
        return replace(found, assignments=self._assignments(self._typed(data, "assignments", dict, {}), found))

    def _rules(self, data, default):
        """Late policy and resubmission of a table, in Settings that are otherwise `default`."""
        late = self._typed(data, "late", str)
        rule = self._typed(data, "resubmission", str, default.resubmission)
        if rule not in RULES:
            self._fail("resubmission", f"expected one of {', '.join(map(json.dumps, RULES))}, got {json.dumps(rule)}")
        try:
            return replace(default, late=default.late if late is None else parse_policy(late), resubmission=rule)
        except ValueError as error:
            self._fail("late", str(error))

    def _assignments(self, tables, default):
        found = {}
        for name, table in tables.items():
            if not isinstance(table, dict):
                self._fail(name, f"expected a table, [assignments.{json.dumps(name)}], got {table!r}")
            self._check_keys(table, ("late", "resubmission"))
            found[name] = self._rules(table, default)
        return found

    def _exchange(self, data):
        folder = self._typed(data, "exchange", str)
        return None if folder is None else self._root / folder

    def _limits(self, table):
        known = {one.name: one.type for one in fields(Limits)}
        self._check_keys(table, tuple(known))
        for name, value in table.items():
            kinds = int if known[name] in (int, "int") else (int, float)
            if isinstance(value, bool) or not isinstance(value, kinds) or value <= 0:
                self._fail(name, f"expected a number above 0, got {value!r}")
        return Limits(**table)

    def _typed(self, data, key, kind, default=None):
        value = data.get(key, default)
        if value is not default and not isinstance(value, kind):
            words = {str: "text in quotes", bool: "true or false", dict: f"a table, [{key}]"}
            self._fail(key, f"expected {words[kind]}, got {value!r}")
        return value

    def _check_keys(self, data, known):
        for key in data:
            if key not in known:
                near = difflib.get_close_matches(key, known, 1)
                self._fail(key, f"no such setting{f'; did you mean {near[0]}?' if near else '.'} Known are {', '.join(known)}")

    def _fail(self, key, why):
        written = re.compile(rf"""\s*\[*\s*(?:assignments\s*\.\s*)?["']?{re.escape(key)}["']?\s*[=.\]]""")
        line = next((f"line {number}: " for number, line in enumerate(self._lines, 1) if written.match(line)), "")
        raise SettingsError(f"{self._path}, {line}{key}: {why}")


def _write(path, text):
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
