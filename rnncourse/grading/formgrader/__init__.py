"""nbgrader's own programs in the class's folder: their pages are bounded and harmless, their buttons do what we do.

nbgrader_config.py calls `configure`, which uses nbgrader's and nbconvert's settings only:

- `HTMLExporter.preprocessors` and `filters` (page): each page of Formgrader and of `nbgrader generate_feedback` is
  made of pieces that a bounded child rendered (pieces), with the same functions as our feedback pages;
- `Autograde.exporter_class` and `GenerateFeedback.exporter_class` (commands): Formgrader's buttons, `nbgrader autograde`
  and `nbgrader generate_feedback` do what `rnncourse grade` and `rnncourse feedback` do. Only where the environment
  says RNNCOURSE_STOCK_AUTOGRADE=1, nbgrader's own autograde runs, with a warning.

This module imports nothing, since Formgrader reads nbgrader_config.py at every request.
"""

import sys

_PAGE = "rnncourse.grading.formgrader.page."
_COMMANDS = "rnncourse.grading.formgrader.commands."


def configure(config):
    """Give nbgrader's configuration all of the above."""
    config.HTMLExporter.default_preprocessors = []  # they would read the notebook before ours
    config.HTMLExporter.preprocessors = [_PAGE + "Harmless"]
    config.HTMLExporter.filters = {name: _PAGE + name for name in ("markdown2html", "highlight_code", "strip_files_prefix")}
    config.Autograde.exporter_class = _COMMANDS + "CourseAutograde"
    config.GenerateFeedback.exporter_class = _COMMANDS + "CourseFeedback"
    _protect_running_server(config)


def _protect_running_server(config):
    """Where Formgrader runs already and only now turns to this class's folder: nbgrader makes its exporter once, at the start."""
    servers = sys.modules.get("jupyter_server.serverapp")
    if servers is None or not servers.ServerApp.initialized():
        return
    settings = getattr(servers.ServerApp.instance().web_app, "settings", {})
    exporter = settings.get("nbgrader_exporter")
    if exporter is not None and exporter.config.HTMLExporter.get("filters") != config.HTMLExporter.filters:
        ours = exporter.config.copy()
        ours.HTMLExporter = type(config)({**ours.HTMLExporter, **config.HTMLExporter})
        settings["nbgrader_exporter"] = type(exporter)(config=ours)
