"""Grading a class: submissions in, verdicts and grades out, whatever the submissions do.

    submitted/ -- intake --> Submission -- judge (learner's code in a sandbox, comparison outside) --> Verdict -- records --> gradebook

Reading order: submission, limits, verdict (what is handed on), then the rooms intake, sandbox, judge, queue, records,
feedback. A verdict is a pure function of a submission's files, the course and a seed; nothing here trusts what a
learner's code says about anything but its own answer.
"""
