"""All variants of a step, judged in one run: harmless ones share a submission as far as they hit different exercises.

What is equal after repairing is judged once: a verdict is a function of it. A variant that every step has is judged in
one of them; in all of them with RNNCOURSE_HONEST=all in the environment, and with RNNCOURSE_HONEST=singly each in a
submission of its own besides.
"""

import hashlib
import json
import os
from dataclasses import dataclass, field, replace
from importlib import import_module

from rnncourse.grading.intake import repair
from rnncourse.grading.judge.judge import Job
from rnncourse.grading.limits import Limits
from rnncourse.grading.queue.local import LocalPool
from rnncourse.grading.verdict import Verdict
from tests.grading.honest.student import Student, exercises, leaves, release
from tests.grading.honest.variant import variants_of

TOPICS = ("rewrites", "changes", "handing_in", "answers", "step1", "step2", "step3", "step4", "step5")
LIMITS = Limits(wall_seconds=1800.0, cell_seconds=300.0)
MODE = os.environ.get("RNNCOURSE_HONEST", "once")
SINGLY = MODE == "singly"


def variants(step, mode=MODE):
    """The variants that are judged in a step, in order."""
    found = [one for topic in TOPICS for one in variants_of(import_module(f"tests.grading.honest.{topic}"))]
    if mode == "once":
        return [one for number, one in enumerate(found) if step == one.steps[number % len(one.steps)]]
    return [one for one in found if step in one.steps]


@dataclass
class Pack:
    """One submission: a student, and variant -> the exercises that it may have cost."""

    student: Student
    hits: dict = field(default_factory=dict)

    @property
    def used(self):
        return {name for names in self.hits.values() for name in names}


@dataclass(frozen=True)
class Outcome:
    """What a variant came to: points lost in the exercises that it hit, the verdict, and the repaired notebook's cells."""

    lost: float
    verdict: Verdict
    sources: dict
    student: Student

    @property
    def remarks(self):
        return " / ".join(f"{one.kind}: {one.text}" for one in self.verdict.remarks)

    @property
    def said(self):
        """Everything that student and instructor are shown beside the points."""
        return " / ".join([self.remarks, *self.findings])

    @property
    def findings(self):
        reports = [one.report for one in self.verdict.notebooks[0].graded if one.report.points < one.report.max_points]
        return [f"{one.name}: {one.cause.text if one.cause else one.status}" for one in reports] + list((self.verdict.notebooks[0].failed or {}).values())


def submissions(step, singly=SINGLY):
    """All variants of a step in as few submissions as they allow."""
    packs, several = [], Pack(Student(step))
    for number, one in enumerate(variants(step)):
        if one.rewrites:
            _rewrite(one, number, step, packs, singly)
        elif one.alone or singly:
            packs.append(Pack(Student(step), {one: exercises(step)}))
            one.build(packs[-1].student)
        else:
            one.build(several.student)
            several.hits[one] = exercises(step)
    return [*packs, several] if several.hits else packs


def _rewrite(one, number, step, packs, singly):
    """Apply a rewriting to an exercise that nothing else hits, in the first submission that has one."""
    names = (one.only[step],) if one.only else leaves(step) if one.leaf else exercises(step)
    turned = [*names[number % len(names):], *names[: number % len(names)]]
    fresh = Pack(Student(step))
    for pack in (*(() if singly else packs), fresh):
        if any(not other.rewrites for other in pack.hits):
            continue
        for name in turned:
            if name not in pack.used and (source := one.build(pack.student.cell(name)["source"])):
                pack.student.write(name, source)
                pack.hits[one] = (name,)
                if pack is fresh:
                    packs.append(pack)
                return
    raise AssertionError(f"{one.name} fits no exercise of step {step}")


def mark(step, singly=SINGLY, workers=2):
    """Variant -> Outcome, for all variants of a step."""
    found, jobs, notebooks = submissions(step, singly), {}, {}
    plain = _job(Student(step).all_files(), step)
    jobs[plain[0]] = plain[1]
    keys = []
    for one in found:
        key, job, notebook = _job(one.student.all_files(), step)
        jobs.setdefault(key, job)
        keys.append(key)
        notebooks[id(one)] = notebook
    verdicts = {key: Verdict.from_json(done.verdict) for key, done in LocalPool(workers).run(jobs.items()) if done.verdict}
    assert not jobs.keys() - verdicts.keys(), "some submissions have no verdict"
    assert verdicts[plain[0]].points == verdicts[plain[0]].max_points == Student(step).max_auto
    return {one: _outcome(pack, names, verdicts[key], notebooks[id(pack)], step) for pack, key in zip(found, keys, strict=True) for one, names in pack.hits.items()}


def _job(files, step):
    """(what its verdict depends on, the Job, the repaired notebook) of a submission's files."""
    student = Student(step)
    given = {student.name: release(step)}
    repaired = repair(files, given)
    notebook = repaired.notebooks[student.name]
    code = [cell["source"] for cell in notebook["cells"] if cell["cell_type"] == "code"]
    helpers = sorted((path, hashlib.sha256(content).hexdigest()) for path, content in repaired.files.items())
    digest = hashlib.sha256(json.dumps([step, code, helpers]).encode()).hexdigest()
    return digest, Job(student.assignment, files, digest, given, b"k" * 32 + digest.encode(), digest, LIMITS), (notebook, repaired.remarks)


def _outcome(pack, names, verdict, repaired, step):
    notebook, remarks = repaired
    reports = [one.report for one in verdict.notebooks[0].graded if one.report.name in names]
    lost = sum(one.max_points - one.points for one in reports)
    noticed = [one for one in verdict.remarks if one not in remarks]  # the judge's own; the others are this submission's
    verdict = replace(verdict, remarks=tuple(dict.fromkeys((*remarks, *noticed))))
    return Outcome(lost, verdict, {cell["id"]: cell["source"] for cell in notebook["cells"]}, pack.student)
