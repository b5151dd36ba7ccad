"""What became of one submission: a plain record that is written once and read by gradebook, feedback and summary."""

import json
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from functools import cache
from types import NoneType, UnionType
from typing import Union, get_args, get_origin, get_type_hints

from rnncourse.checking.report import HEADLINES, Report
from rnncourse.grading.submission import Remark

_LARGEST = 1e9  # no points, and no number of a report, come near it


@dataclass(frozen=True)
class Graded:
    """One check cell: its id in the notebook, and the report that decides its points."""

    cell: str
    report: Report


@dataclass(frozen=True)
class NotebookVerdict:
    """One notebook of the assignment: its name without suffix, its check cells in order, outputs kept of other cells.

    `outputs` maps a cell id to a list of nbformat outputs, already cut to size; `failed` maps the id of a cell
    of the learner's that stopped to one sentence that says how.
    """

    name: str
    graded: tuple[Graded, ...] = ()
    outputs: dict | None = None
    failed: dict | None = None

    @property
    def points(self):
        return float(sum(one.report.points for one in self.graded))

    @property
    def max_points(self):
        return float(sum(one.report.max_points for one in self.graded))


@dataclass(frozen=True)
class Verdict:
    """The outcome of one submission; equal files, course and seed give an equal verdict, to the byte of its JSON.

    `key` names what it was computed from, `isolation` says what kept the learner's code in ("bubblewrap" or "none").
    How long it took is no part of it: see the audit log.
    """

    assignment: str
    key: str
    digest: str
    version: str
    isolation: str
    notebooks: tuple[NotebookVerdict, ...] = ()
    remarks: tuple[Remark, ...] = ()

    @property
    def points(self):
        return float(sum(one.points for one in self.notebooks))

    @property
    def max_points(self):
        return float(sum(one.max_points for one in self.notebooks))

    def with_remarks(self, *remarks):
        """The same verdict with more remarks."""
        return replace(self, remarks=(*self.remarks, *remarks))

    def to_json(self):
        """The verdict as bytes: sorted keys, so that two equal verdicts are equal to the byte."""
        return json.dumps(asdict(self), ensure_ascii=True, sort_keys=True, indent=1).encode()

    @classmethod
    def from_json(cls, content):
        """The verdict that `to_json` wrote, or `Results` with its signature, which is not looked at here.

        Whoever wrote them, these bytes give a verdict that all readers can use, every value of its declared type and
        all points finite and within their bounds, or a ValueError and nothing else.

        Raises:
            ValueError: the bytes are no verdict, such as a file that was cut off; the message says where.
        """
        try:
            data = json.loads(content)
            if isinstance(data, dict):
                data.pop("signature", None)
            return verdict_of(data)
        except ValueError as error:  # that of json too
            raise ValueError(f"no verdict: {error}") from error
        except (TypeError, RecursionError, MemoryError) as error:
            raise ValueError(f"no verdict: {type(error).__name__}") from error


def verdict_of(data):
    """The verdict in plain data, as `json` reads it; ValueError if there is none."""
    verdict = _read(Verdict, data, "verdict")
    for notebook in verdict.notebooks:
        _check_outputs(notebook)
        for one in notebook.graded:
            _check_points(one.report, f"{notebook.name}/{one.cell}")
    return verdict


def _read(kind, data, where):
    """A value of this type, with all that is in it, from plain data."""
    if get_origin(kind) in (Union, UnionType):
        inner = [one for one in get_args(kind) if one is not NoneType]
        return None if data is None else _read(inner[0], data, where)
    if get_origin(kind) is tuple:
        return tuple(_read(get_args(kind)[0], one, f"{where}[{n}]") for n, one in enumerate(_of_type(list, data, where)))
    if is_dataclass(kind):
        return _read_dataclass(kind, _of_type(dict, data, where), where)
    if kind is float:
        return _number(data, where)
    return _of_type(kind, data, where)


def _read_dataclass(kind, data, where):
    types = _types(kind)
    if data.keys() != types.keys():
        odd = ", ".join(sorted(data.keys() ^ types.keys()))[:200]
        raise ValueError(f"{where}: expected the entries of {kind.__name__}, got others in {odd!r}")
    return kind(**{name: _read(types[name], value, f"{where}.{name}") for name, value in data.items()})


@cache
def _types(kind):
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}


def _of_type(kind, data, where):
    if type(data) is not kind:
        raise ValueError(f"{where}: expected {kind.__name__}, got {type(data).__name__}")
    return data


def _number(data, where):
    if type(data) not in (int, float) or not abs(data) < _LARGEST:  # also false for NaN
        raise ValueError(f"{where}: expected a number, got {type(data).__name__} {str(data)[:20] if type(data) is float else ''}".rstrip())
    return float(data)


def _check_points(report, where):
    if report.status not in HEADLINES:
        raise ValueError(f"{where}: expected a status of {', '.join(HEADLINES)}, got {report.status[:40]!r}")
    worth = [(report.points, report.max_points), *((part.points, report.max_points) for part in report.parts)]
    for points, most in worth:
        if not 0 <= points <= most:
            raise ValueError(f"{where}: expected 0 to {most:g} points, got {points:g}")


def _check_outputs(notebook):
    """Outputs are the learner's, so what is in one is for its readers to clean; here it is one list of mappings a cell."""
    for cell, outputs in (notebook.outputs or {}).items():
        for output in _of_type(list, outputs, f"outputs of {cell[:80]}"):
            _of_type(dict, output, f"output of {cell[:80]}")
    for cell, sentence in (notebook.failed or {}).items():
        _of_type(str, sentence, f"failure of {cell[:80]}")
