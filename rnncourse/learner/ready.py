"""Whether a demonstration may use the learner's own functions."""

from rnncourse.learner.check import examine


def ready(*functions):
    """Whether every function passes its check right now; prints one line for each that does not.

    It runs the checks anew and remembers nothing, so it is right after a restart and after any edit. A
    notebook's demonstration begins with `if ready(ngram_bits):` and so never fails on unwritten work.
    """
    reports = [examine(function) for function in functions]
    for report in reports:
        if not report.passed:
            print(f"This cell uses your {report.name}. Solve exercise {report.id} first, then run this cell again.")
    return all(report.passed for report in reports)
