"""Grades a class and publishes everything, as an instructor would; a program of its own, so that it has its own environment.

    python -m tests.grading.attacks.grade_class CLASS < plan.json

The plan is a list of {"assignment", "wall", "students"}. What `rnncourse grade` would print goes to standard output, what
the tests look at to CLASS/run.json.
"""

import json
import sys
from dataclasses import replace
from pathlib import Path

from rnncourse.grading.limits import MB, Limits

LIMITS = Limits(
    wall_seconds=60.0, cell_seconds=10.0, cpu_seconds=60, memory=2048 * MB, processes=64, open_files=256, file_size=16 * MB, disk=24 * MB,
    message=8 * MB, answer=2 * MB, output=16 * 1024, restarts=4,
)  # fmt: skip
WORKERS = 2


def main(root):
    from rnncourse.grading.records import Records
    from rnncourse.grading.records.exports import LAYOUTS, export

    plan = json.load(sys.stdin)
    tallies = []
    with Records(root) as records:
        for part in plan:
            tallies.append(graded(root, records, **part))
    for assignment in dict.fromkeys(part["assignment"] for part in plan):
        publish(root, assignment)
    for layout in LAYOUTS:
        Path(root, f"{layout}.csv").write_text(export(root, layout).text, encoding="utf-8")
    Path(root, "run.json").write_text(json.dumps({"runs": tallies}), encoding="utf-8")


def graded(root, records, assignment, wall, students):
    from rnncourse.cli.grade import _show
    from rnncourse.grading.queue.grade import Grading
    from rnncourse.grading.queue.local import LocalPool

    limits = replace(LIMITS, wall_seconds=wall or LIMITS.wall_seconds)
    tally = Grading(Path(root), assignment, records, students=tuple(students), limits=limits).run(LocalPool(WORKERS))
    _show(Path(root), assignment, tally, as_json=False)
    remarks = {student: [vars(one) for one in found] for student, found in tally.remarks.items()}
    return {"assignment": assignment, "judged": tally.judged, "failures": tally.failures, "remarks": remarks, "seconds": tally.seconds}


def publish(root, assignment):
    from rnncourse.grading.feedback.classroom import make_pages

    for problem in make_pages(root, assignment).problems:
        print(f"no page for {problem}")


if __name__ == "__main__":
    main(sys.argv[1])
