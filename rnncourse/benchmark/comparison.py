"""The whole comparison: begin what can be begun, keep what has ended, until nothing is left to do."""


def compare(plan, table, pool, tell=lambda run, seconds: None):
    """Run what the table lacks of the plan, with the workers of a pool; returns run -> reason for those that failed.

    Killed at any moment and called again, it measures again only what was under way. `tell` gets each run that was
    measured, and its rows. Only this process writes.
    """
    flying, failed = set(), {}
    try:
        with table.alone():
            while todo := _todo(plan, table, failed, flying):
                for run in _startable(todo, flying, pool.workers):
                    pool.start(run)
                    flying.add(run)
                for run, rows, failure in pool.ended():
                    flying.discard(run)
                    if rows is None:
                        failed[run] = failure
                    else:
                        table.add(rows)
                        tell(run, rows)
    finally:
        pool.close()
    return failed


def compare_here(plan):
    """All rows of a small plan, one run after the other in this process, kept in no file."""
    from rnncourse.benchmark.measure import measure

    table = {}
    while todo := [run for run in plan.ready(table) if run.key not in table]:
        for run in todo:
            table[run.key] = measure(run)
    return [row for rows in table.values() for row in rows]


def _todo(plan, table, failed, flying):
    """What is not done: to be begun, or under way."""
    return [run for run in plan.ready(table) if run.key not in table and run not in failed] or list(flying)


def _startable(todo, flying, workers):
    """The next runs for the free workers; a run that must be alone waits until it is, and the others wait for it."""
    waiting = [run for run in todo if run not in flying]
    if any(run.alone for run in flying):
        return []
    if waiting and waiting[0].alone:
        return [] if flying else waiting[:1]
    return [run for run in waiting if not run.alone][: max(0, workers - len(flying))]
