"""`rnncourse lab`: the learner's folder brought up to date, then JupyterLab on its first notebook."""

import click


@click.command()
@click.argument("folder", default="my-course", type=click.Path(path_type=str))
@click.option("--port", type=click.IntRange(1, 65535), help="Serve on this port (default: 8888 or the next free one).")
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening a browser.")
@click.option("--copy-only", is_flag=True, help="Bring the folder up to date and stop (for VS Code and others).")
@click.option("--dry-run", is_flag=True, help="Say what would be done, write nothing, start nothing.")
def lab(folder, port, no_browser, copy_only, dry_run):
    """Open the course in JupyterLab, in FOLDER (default: my-course).

    The notebooks are copied into FOLDER, where you work on them. Run it again whenever you like:
    it adds what is new and never overwrites a file.
    """
    from rnncourse.launcher import LauncherError

    try:
        code = run(folder, port, not no_browser, copy_only, dry_run)
    except LauncherError as error:
        raise click.ClickException(str(error)) from error
    raise SystemExit(code)


def run(folder, port, browser, copy_only, dry_run):
    """Do what the command line asks and return the exit code."""
    from rnncourse.launcher import lab as jupyterlab
    from rnncourse.launcher.folder import carry_out, plan_update
    from rnncourse.launcher.release import released_course
    from rnncourse.launcher.summary import summary

    course = released_course()
    update = plan_update(course, folder)
    if not dry_run:
        carry_out(update, course)
    click.echo("\n".join(summary(update, dry_run)))
    if copy_only:
        return 0
    jupyterlab.require_lab()
    if url := jupyterlab.running_lab(update.folder):
        return show_running(url, browser and not dry_run)
    if port is not None:
        jupyterlab.require_free(port)
    command = jupyterlab.lab_command(update.folder, port, browser)
    if dry_run:
        click.echo(f"Would run: {' '.join(command)}")
        return 0
    click.echo("Starting JupyterLab. It runs until you press Ctrl-C here.")
    return jupyterlab.start(update.folder, command)


def show_running(url, browser):
    """Say that this folder is already open, open it in the browser if asked, and return exit code 0."""
    click.echo(f"JupyterLab already runs in this folder: {url}")
    if browser:
        from rnncourse.launcher.lab import open_in_browser

        open_in_browser(url)
    return 0
