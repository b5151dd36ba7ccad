"""What became of one submission: a plain record that is written once and read by gradebook, feedback and summary."""

import json
from dataclasses import asdict, dataclass, replace

from rnncourse.checking.report import Report, from_dict
from rnncourse.grading.submission import Remark


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
        """The verdict that `to_json` wrote.

        Raises:
            ValueError: the bytes are no verdict, such as a file that was cut off.
        """
        try:
            data = json.loads(content)
            notebooks = tuple(
                NotebookVerdict(
                    one["name"],
                    tuple(Graded(item["cell"], from_dict(item["report"])) for item in one["graded"]),
                    one["outputs"],
                    one["failed"],
                )
                for one in data.pop("notebooks")
            )
            remarks = tuple(Remark(**one) for one in data.pop("remarks"))
            return cls(**data, notebooks=notebooks, remarks=remarks)
        except (TypeError, KeyError, AttributeError) as error:
            raise ValueError(f"no verdict: {error!r}") from error
