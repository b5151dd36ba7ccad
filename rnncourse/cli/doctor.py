"""`rnncourse doctor`: is this machine ready for learning and for grading, and what to do where it is not."""

import json

import click

SIGNS = {"good": ("✓", "green"), "note": ("•", "yellow"), "bad": ("✗", "red")}


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--grading", is_flag=True, help="Exit 1 also if a class cannot be graded safely here (instructors).")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON list, one record a fact.")
def doctor(grading, as_json):
    """Look at this machine and say in plain words what is ready, what is missing and how to mend it.

    The exit code is 1 if something is missing that learners need; with --grading also for what grading needs.
    """
    from rnncourse.cli.health import facts

    found = facts()
    sick = any(fact.state == "bad" and (fact.area == "learning" or grading) for fact in found)
    if as_json:
        click.echo(json.dumps([fact.as_dict() for fact in found], indent=2, ensure_ascii=False))
    else:
        _print(found, sick, grading)
    raise SystemExit(1 if sick else 0)


def _print(found, sick, grading):
    from rich.console import Console
    from rich.markup import escape

    console = Console(highlight=False, soft_wrap=True)  # the terminal breaks long lines, so that commands can be copied
    for area, title in (("learning", "For learning"), ("grading", "For grading a class (instructors)")):
        console.print(f"[bold]{title}[/]")
        for fact in (one for one in found if one.area == area):
            alarming = fact.state != "bad" or area == "learning" or grading
            sign, colour = SIGNS[fact.state if alarming else "note"]
            console.print(f"  [{colour}]{sign}[/] {fact.name:<13} {escape(fact.text)}")
            for mend in fact.mends:
                console.print(f"{'':<18}→ {escape(mend)}")
        console.print()
    console.print(escape(_summary(found, sick, grading)))


def _summary(found, sick, grading):
    bad = [fact for fact in found if fact.state == "bad"]
    if sick:
        names = [fact.name for fact in bad if fact.area == "learning" or grading]
        return f"Not ready: {', '.join(names)}. The lines with → say how to mend it."
    if bad:
        return f"Ready for learning. Grading a class needs more: {', '.join(fact.name for fact in bad)}."
    return "Ready for learning and for grading."
