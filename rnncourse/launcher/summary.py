"""What happened to the learner's folder, in a few lines."""


def summary(update, dry_run=False):
    """Return the lines to show for an Update: what is new, what has a newer release, what was left alone.

    >>> from pathlib import Path
    >>> from rnncourse.launcher.folder import Update
    >>> update = Update(Path("my-course"), added=[Path("2-bptt/bptt.ipynb")])
    >>> print(*summary(update), sep="\\n")
    Your course folder: my-course
      new        2-bptt/bptt.ipynb
    """
    lines = [f"Your course folder: {update.folder}"]
    if update.new_folder:
        count = len(update.added)
        lines.append(f"  new        the folder, with {count} file{'s' * (count != 1)}")
    else:
        lines += [f"  new        {path}" for path in update.added]
    lines += [f"  restored   {path} (you had deleted it)" for path in update.restored]
    for mine, new in update.beside.items():
        lines += [f"  newer      {mine} has a new release: {new}", "             your own file is unchanged"]
    lines += [f"  retired    {path} is no longer part of the course; yours stays" for path in update.retired]
    if len(lines) == 1:
        lines.append("  up to date; nothing was changed")
    if dry_run:
        lines.append("Dry run: nothing was written.")
    return lines
