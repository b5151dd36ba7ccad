"""What the audit log says of one verdict, apart from what happens to it."""

import hashlib
import os
from datetime import UTC, datetime

from rnncourse.grading.records.late import NoPenalty

NAMES = ("student", "assignment", "verdict")  # by which the lines about one verdict are found


def facts(submission, verdict, seconds, limits, policy, seed_id):
    """All that is known of a verdict, ready for JSON; `questions` has one entry a check cell.

    Raises:
        ValueError: the time of receipt carries no time zone.
    """
    if submission.received.tzinfo is None:
        raise ValueError(
            f"received: expected a time with a time zone, got {submission.received.isoformat()} without one"
        )
    return {
        "student": submission.student,
        "assignment": submission.assignment,
        "received": submission.received.astimezone(UTC).isoformat(),
        "digest": submission.digest,
        "key": verdict.key,
        "version": verdict.version,
        "seed": seed_id,
        "isolation": verdict.isolation,
        "limits": limits.as_dict(),
        "policy": str(policy or NoPenalty()),
        "seconds": None if seconds is None else round(float(seconds), 3),
        "verdict": hashlib.sha256(verdict.to_json()).hexdigest(),
        "questions": [_question(one.name, graded) for one in verdict.notebooks for graded in one.graded],
    }


def _question(notebook, graded):
    report = graded.report
    return {
        "notebook": notebook,
        "cell": graded.cell,
        "exercise": f"{report.id} {report.name}".strip(),
        "points": float(report.points),
        "max_points": float(report.max_points),
        "status": report.status,
        "cause": report.cause.text if report.cause else "",
    }


def head(event):
    """The beginning of a line: what happens, when, and who does it."""
    return {"event": event, "time": datetime.now(UTC).isoformat(timespec="milliseconds"), "who": who()}


def names(known):
    """Of the facts only those that say which verdict it is."""
    return {name: known[name] for name in NAMES}


def who():
    """The operating system's name for whoever runs this process; the number, where it has no name."""
    try:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run as a number that nobody named
        return str(os.getuid())
    except ImportError:
        return os.environ.get("USERNAME", "unknown")
