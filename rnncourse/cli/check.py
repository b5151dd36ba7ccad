"""`rnncourse check`: the same checks as in the notebook, on a file, from the terminal."""

import json
import sys

import click


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("file", required=False)
@click.argument("names", nargs=-1, metavar="[EXERCISE]...")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list, one record an exercise.")
@click.option("--seed", default=0, show_default=True, help="Draws the cases.")
@click.option("--matrix", "show_matrix", is_flag=True, help="Prove the checks: every known mistake and right variant.")
@click.option("--seeds", default=1, show_default=True, help="With --matrix: how many seeds.")
def check(file, names, as_json, seed, show_matrix, seeds):
    """Check FILE (.py or .ipynb), which defines functions with the exercises' names.

    EXERCISE is a number (1.2) or a name (next_step_pairs); without one, all that the file defines are checked.
    The exit code is 0 only if every checked exercise passed; 2 if the file cannot be read.
    """
    if show_matrix:
        from rnncourse.cli.matrix import print_matrix

        wanted = _find([name for name in (file, *names) if name])
        sys.exit(0 if print_matrix(wanted, range(seed, seed + seeds), as_json) else 1)
    if not file:
        raise click.UsageError("name a file: rnncourse check my_file.py")
    reports = _reports(file, names, seed)
    _print(reports, as_json)
    sys.exit(0 if reports and all(report.passed for report in reports) else 1)


def _find(keys):
    from rnncourse.exercises import UnknownExercise, exercises, find

    try:
        return [find(key) for key in keys] or list(exercises())
    except UnknownExercise as unknown:
        raise click.UsageError(str(unknown)) from None


def _reports(file, names, seed):
    from rnncourse.learner.file import Unreadable, load

    wanted, reports = _find(names), {}

    def at_check(name, functions):
        exercise = next((one for one in wanted if one.name == name), None)
        if exercise is not None and name in functions:
            reports[name] = _better(reports.get(name), _assess(exercise, functions[name], seed))

    try:
        loaded = load(file, at_check)
    except Unreadable as why:
        click.echo(str(why), err=True)
        sys.exit(2)
    if not names:
        wanted = [one for one in wanted if one.name in loaded.functions or one.name in reports]
    if not wanted:
        click.echo(_nothing_to_check(file, loaded), err=True)
        sys.exit(2)
    return [_report(one, loaded, reports.get(one.name), seed) for one in wanted]


def _assess(exercise, function, seed):
    from rnncourse.checking.score import assess

    return assess(exercise, function, seed)


def _better(one, other):
    """Of two reports the one with more points, the first where they are equal; cells may be run in any order."""
    return other if one is None or other.passed or other.points > one.points or one.status == "not started" else one


def _nothing_to_check(file, loaded):
    why = f" ({loaded.problems[0]})" if loaded.problems else ""
    return f"{file}: defines no function with the name of an exercise{why}; the names are in: rnncourse status"


def _report(exercise, loaded, at_check, seed):
    """The report at the function's check cell; if it does not pass there, or has none, the one at the end counts too."""
    from rnncourse.checking.score import refused

    if at_check is not None and (at_check.passed or exercise.name not in loaded.functions):
        return at_check
    if exercise.name in loaded.functions:
        return _better(at_check, _assess(exercise, loaded.functions[exercise.name], seed))
    why = f"; {loaded.problems[0]}" if loaded.problems else ""
    return refused(exercise, "missing", f"the file defines no function {exercise.name}{why}")


def _print(reports, as_json):
    from rnncourse.learner.store import record

    if as_json:
        click.echo(json.dumps([report.as_dict() for report in reports], indent=2, ensure_ascii=False))
        return
    for report in reports:
        record("check", exercise=report.id, status=report.status, points=report.points)
    click.echo("\n\n".join(str(report) for report in reports))
    passed = sum(report.passed for report in reports)
    points, of = sum(r.points for r in reports), sum(r.max_points for r in reports)
    click.echo(f"\n{passed} of {len(reports)} exercises passed, {points:g} of {of:g} points")
