"""Submissions in: what students handed in becomes bytes in memory, and then the course's own notebooks with their work in.

    submitted/STUDENT/ASSIGNMENT/ -- read, submissions --> Submission -- repair --> Repaired (notebooks of the release)

Nothing a student does raises an error or reaches another student's submission: what is not taken, and what was
mended, is a remark. The left half only copies and hashes, in the one process that grades; the right half looks into the
files, in a bounded process of its own (see `rnncourse.grading.judge.reading`).

Reading order: limits, names, shelf, folder (safe copying); timestamp, exchange, ledger, receipt (when it was handed in);
kept, inbox (a whole class); then archive, notebook, script, code, slips (a learner's file as cells), choose, elsewhere,
match, prose, transplant (those cells in the release), lookalikes (text that is not what it seems).

Reading needs `openat` and `O_NOFOLLOW`, so it runs on Linux and macOS.
"""

from rnncourse.grading.intake.inbox import Unread, read, submissions
from rnncourse.grading.intake.limits import INTAKE, IntakeLimits
from rnncourse.grading.intake.transplant import Repaired, repair

__all__ = ["INTAKE", "IntakeLimits", "Repaired", "Unread", "read", "repair", "submissions"]
