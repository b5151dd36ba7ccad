"""`rnncourse bench`: compare recurrent networks and a Transformer under equal conditions, and write a page about it."""

import sys
from dataclasses import replace
from pathlib import Path

import click

MISSING = "the comparison needs {}: pip install 'rnncourse[course]'"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--reduced", is_flag=True, help="Small budgets, two minutes on two cores: to see how it works, not who is better.")
@click.option("--task", "tasks", multiple=True, help="Only this task; may be given several times.")
@click.option("--arm", "arms", multiple=True, help="Only this network; may be given several times.")
@click.option("--to", "path", type=click.Path(dir_okay=False, path_type=Path), help="The table [default: bench/full.jsonl or bench/reduced.jsonl].")
@click.option("--workers", type=click.IntRange(1), help="Processes on this machine, one thread each [default: one a core].")
@click.option("--scheduler", metavar="ADDRESS", help="Measure on the Dask cluster of this scheduler, such as tcp://host:8786.")
@click.option("--plan", "only_plan", is_flag=True, help="Print the networks' sizes and the number of runs, and measure nothing.")
def bench(reduced, tasks, arms, path, workers, scheduler, only_plan):
    """Compare RNN, LSTM, GRU, minGRU and a Transformer: the same weights, data, search and seeds.

    Every measurement is a row of a table of JSON lines. What the table has is not measured again, so the command can be
    stopped and started at any time. Beside the table it writes a page with figures. The full comparison takes less
    than an hour on two cores. The exit code is 0 only if every run gave a result.
    """
    try:
        from rnncourse.benchmark.cluster import ClusterPool
        from rnncourse.benchmark.comparison import compare
        from rnncourse.benchmark.plan import FULL, REDUCED
        from rnncourse.benchmark.pool import LocalPool
        from rnncourse.benchmark.table import Busy, Table
        from rnncourse.workers import NoCluster
    except ModuleNotFoundError as error:
        raise click.ClickException(MISSING.format(error.name)) from error
    plan = _only(REDUCED if reduced else FULL, tasks, arms)
    _told(plan)
    if only_plan:
        return
    table = Table(path or Path("bench") / ("reduced.jsonl" if reduced else "full.jsonl"))
    try:
        pool = ClusterPool(scheduler) if scheduler else LocalPool(workers)
        if pool.notice:
            click.echo(pool.notice, err=True)
        with _progress(plan, table) as tell:
            failed = compare(plan, table, pool, tell)
    except (NoCluster, Busy, OSError) as error:
        raise click.ClickException(str(error)) from error
    for run, reason in failed.items():
        click.echo(f"  {run}: no result: {reason}", err=True)
    if failed:
        click.echo("Run the same command again to try these once more.", err=True)
    _report(table)
    sys.exit(1 if failed else 0)


def _only(plan, tasks, arms):
    """The plan for some of its tasks and arms."""
    for kind, wanted, known in (("task", tasks, [name for name, _ in plan.tokens]), ("network", arms, plan.arms)):
        unknown = [name for name in wanted if name not in known]
        if unknown:
            raise click.ClickException(f"no {kind} {unknown[0]!r}; there are {', '.join(known)}")
    tokens = tuple((name, count) for name, count in plan.tokens if not tasks or name in tasks)
    return replace(plan, tokens=tokens, arms=tuple(arm for arm in plan.arms if not arms or arm in arms))


def _told(plan):
    """Print what makes the comparison fair: the weights of every network, the trials, the seeds."""
    from rnncourse.benchmark.plan import weights

    for task, tokens in plan.tokens:
        counts = weights(plan, task)
        told = ", ".join(f"{arm} {count:,}" for arm, count in counts.items())
        apart = (max(counts.values()) - min(counts.values())) / max(counts.values())
        click.echo(f"{task}: {tokens:,} tokens; weights {told} ({100 * apart:.1f} % apart)")
    rates = ", ".join(f"{rate:g}" for rate in plan.rates)
    click.echo(f"Each network of each task: {len(plan.rates)} trials (learning rates {rates}), then {len(plan.seeds)} seeds; {plan.count()} runs in all.")


class _progress:
    """A bar on a terminal; elsewhere a line for each run."""

    def __init__(self, plan, table):
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        self._count, self._done = plan.count(), sum(run.key in table for run in plan.ready(table))
        console = Console(stderr=True, highlight=False)
        columns = (TextColumn("measuring"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("{task.description}"))
        self._bar = Progress(*columns, disable=not console.is_terminal, console=console)
        self._task = self._bar.add_task("", total=self._count, completed=self._done)

    def __enter__(self):
        if self._done:
            click.echo(f"{self._done} of {self._count} runs are in the table already.")
        self._bar.start()
        return self._tell

    def _tell(self, run, rows):
        self._done += 1
        self._bar.update(self._task, completed=self._done, description=str(run))
        if self._bar.disable:
            click.echo(f"[{self._done}/{self._count}] {run}", err=True)

    def __exit__(self, *error):
        self._bar.stop()


def _report(table):
    from rnncourse.benchmark.reading import Reading
    from rnncourse.benchmark.report import write_report

    if len(table):
        page = write_report(Reading(table.rows), table.path.with_suffix(".html"))
        click.echo(f"Table: {table.path}\nPage:  {page}")
