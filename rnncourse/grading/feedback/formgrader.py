"""The filter that nbgrader_config.py gives to nbconvert: a student's markdown with everything active taken out.

Formgrader and nbgrader's own feedback show markdown with the HTML in it, and their `sanitize_html` does not look at
markdown cells; a script there would run in the instructor's browser, with the instructor's rights.
"""

from jinja2 import pass_context

_CLASSES = ("highlight", "math")  # nbconvert's own, of code and formulas
_MORE = {"details", "summary", "figure", "figcaption"}  # that the course's notebooks use beside what nh3 lets pass


@pass_context
def safe_markdown(context, source):
    """Markdown as HTML, as nbconvert renders it, without what a browser would run, load or send."""
    import nh3
    from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

    cell = context.get("cell") or {}
    renderer = IPythonRenderer(escape=False, attachments=cell.get("attachments") or {})
    html = MarkdownWithMath(renderer=renderer).render(source)
    return nh3.clean(
        html,
        tags=nh3.ALLOWED_TAGS | _MORE,
        attributes={**nh3.ALLOWED_ATTRIBUTES, "img": {"src", "alt", "width", "height"}},
        allowed_classes={"div": set(_CLASSES), "span": set(_CLASSES)},
        url_schemes={"http", "https", "mailto", "data"},
        url_relative="deny",
        attribute_filter=_no_document,
    )


def _no_document(element, attribute, value):
    """Pictures may stand in the page itself or be left out, links may lead away; no address may hold a document."""
    if element == "img" and attribute == "src":
        return value if value.startswith(("data:image/png;base64,", "data:image/jpeg;base64,", "data:image/gif;base64,")) else None
    return None if value.lstrip().lower().startswith("data:") else value
