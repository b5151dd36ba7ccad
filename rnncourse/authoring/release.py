"""The student's notebooks, made from the solution notebooks by nbgrader's own generate_assignment."""

import logging
from pathlib import Path


class ReleaseError(Exception):
    """nbgrader could not make the student notebooks; the message is its log."""


def release(root, destination):
    """Write the student's copy of every step under `root`/solutions into the folder `destination`.

    Reads `root`/nbgrader_config.py, so that it gives what `nbgrader generate_assignment` gives there, without a
    database. Raises ReleaseError with nbgrader's log if a notebook cannot be converted.
    """
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory

    destination = Path(destination).resolve()
    destination.mkdir(parents=True, exist_ok=True)
    config, log = _configuration(Path(root).resolve(), destination), _Log()
    converter = GenerateAssignment(coursedir=CourseDirectory(config=config), config=config, log=log.logger)
    converter.coursedir.assignment_id = "*"
    try:
        converter.start()
    except Exception as error:
        raise ReleaseError("\n".join([*log.lines, str(error)])) from error


def _configuration(root, destination):
    from traitlets.config.loader import PyFileConfigLoader

    config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.release_directory = str(destination)
    config.GenerateAssignment.no_database = True
    config.GenerateAssignment.permissions = 644
    config.GenerateAssignment.force = True
    config.SaveCells.enabled = False  # it would open the gradebook
    return config


class _Log:
    """nbgrader's warnings, kept instead of printed."""

    def __init__(self):
        self.lines = []
        self.logger = logging.Logger("nbgrader release", logging.WARNING)
        handler = logging.Handler()
        handler.emit = lambda record: self.lines.append(record.getMessage())
        self.logger.addHandler(handler)
