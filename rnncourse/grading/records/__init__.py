"""Verdicts on record: nbgrader's gradebook, the autograded notebooks, an audit log, and tables for elsewhere.

    Submission, Verdict, notebooks -- Records.enter --> gradebook, autograded/, audit.jsonl -- exports --> CSV

Reading order: late (what lateness costs), audit (the log), outputs and page (the autograded notebook), folder (files
that change together), database (one transaction), release (what is graded), scores (points), facts, entering, book
(`Records`), exports. What is written is nbgrader's own format throughout: formgrader, `nbgrader generate_feedback`
and `nbgrader export` go on from here as after `nbgrader autograde`.
"""

from rnncourse.grading.records.book import Records
from rnncourse.grading.records.entering import Entry
from rnncourse.grading.records.errors import RecordsBusy, RecordsError

__all__ = ["Entry", "Records", "RecordsBusy", "RecordsError"]
