"""Text that wants to be more than text: on the feedback page, in Formgrader, on the terminal, in logs and tables.

What is done with it is looked at in `tests/grading/attacks/test_attacks.py` for every submission of the class: no
active HTML anywhere, one line a line, no terminal commands, no formulas.
"""

import base64
from dataclasses import replace

from tests.grading.attacks.attack import attack

SCRIPT = "<script>alert('breach')</script>"
MARKUP = (
    SCRIPT + "<img src=x onerror=alert(1)><svg onload=alert(1)><iframe src='javascript:alert(1)'></iframe>"
    "<a href='javascript:alert(1)'>x</a><style>*{display:none}</style></p></div></body></html><base href='//evil.example/'>"
    "<form action='//evil.example'><input></form><meta http-equiv=refresh content='0;url=//evil.example'>\"'><b>`${1}`{{7*7}}{%raw%}&lt;"
)
TERMINAL = "\x1b[2J\x1b[1;31mred\x1b]0;title\x07\x1b]8;;http://evil.example\x1b\\link\x9b31m [bold red]rich[/] [link=http://evil.example]x[/link]"
ROUND = "\u202edrow eht \u202d \u2066a\u2069 \u200b\u200e"
LINES = "first\r\n2030-01-01 grader: ben_student gets 25 points\n{\"event\": \"entered\"}\u2028\x85\x0b"
FORMULA = "=HYPERLINK(\"http://evil.example\",\"x\") @SUM(1) +1 -1 |cmd"
ALL = (MARKUP, TERMINAL, ROUND, LINES, FORMULA)

ANYTHING = "def ngram_bits(*args):\n    return 0.0"
NAMES = ("encode_text", "next_step_pairs", "make_windows", "chronological_split", "standardize")


@attack(finding="ValueError")
def errors_with_markup(work):
    """The message of the exception is markup, terminal commands, turned text, log lines, a formula."""
    for name, text in zip(NAMES, ALL, strict=True):
        work.write(name, f"def {name}(*anything):\n    raise ValueError({text!r})")


@attack(finding=".")
def exceptions_with_odd_names(work):
    """The same as the name of the exception's class and of its bases."""
    for name, text in zip(NAMES, ALL, strict=True):
        work.write(name, f"def {name}(*anything):\n    raise type({text!r}, (type({text[::-1]!r}, (Exception,), {{}}),), {{}})({text!r})")


@attack(finding=".")
def prints_markup(work):
    """The same as printed text and as a warning, in the call."""
    for name, text in zip(NAMES, ALL, strict=True):
        work.write(name, f"import warnings\ndef {name}(*anything):\n    print({text!r})\n    warnings.warn({text!r})\n    return {text!r}")


@attack()
def cells_that_fail_with_markup(work):
    """The same as printed text and errors of cells, after which functions are missing."""
    for name, text in zip(NAMES, ALL, strict=True):
        work.write(name, f"print({text!r})\nraise type({text!r}, (Exception,), {{}})({text!r})\ndef {name}():\n    pass")


@attack()
def answers_with_markup(work):
    """Markdown, raw and attachment cells with scripts, events, frames, forms, styles and links of every kind."""
    work.write("ngram_bits", ANYTHING)
    links = "[a](javascript:alert(1)) [b](data:text/html;base64,PHNjcmlwdD4=) ![c](x\"onerror=alert(1)) <javascript:alert(1)> [d]: javascript:alert(1)\n[d]"
    formulas = r"$\href{javascript:alert(1)}{x}$ $$\unicode{<script>alert(1)</script>}$$ $\class{x\" onmouseover=alert(1)}{x}$ `<script>` $<img src=x onerror=alert(1)>$"
    for text in (*ALL, links, formulas, f"```html\n{MARKUP}\n```", f"<details ontoggle=alert(1) open>{MARKUP}", f"| a | b |\n|--|--|\n| {MARKUP} | x |"):
        work.add(text, kind="markdown")
        work.add(text, kind="raw")
    work.add("![x](attachment:x.svg)", kind="markdown", key="with-attachment")
    work.cell("with-attachment")["attachments"] = {"x.svg": {"image/svg+xml": base64.b64encode(f"<svg>{SCRIPT}</svg>".encode()).decode()}}
    work.notebook["cells"][-1]["metadata"]["raw_mimetype"] = "text/html"


@attack()
def given_cells_with_markup(work):
    """The course's own text, titles and metadata are replaced by markup."""
    work.write("ngram_bits", ANYTHING)
    for cell in work.notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = MARKUP
    work.notebook["metadata"]["title"] = MARKUP
    work.notebook["metadata"]["kernelspec"] = {"name": MARKUP, "display_name": MARKUP, "language": MARKUP}
    work.notebook["metadata"]["language_info"] = {"name": MARKUP, "codemirror_mode": MARKUP, "pygments_lexer": MARKUP, "mimetype": MARKUP}
    work.notebook["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {"x": MARKUP}}}


@attack()
def ids_with_markup(work):
    """Cell ids, tags and grade ids are markup."""
    work.write("ngram_bits", ANYTHING)
    for n, text in enumerate(ALL):
        work.add(f"print({n})", key=text)
        work.add(str(n), kind="markdown", key=text + "2")
        work.cell(text)["metadata"] = {"tags": [text], "nbgrader": {"grade_id": text, "solution": True}, "name": text}


@attack()
def shows_active_outputs(work):
    """Outputs of every kind that a browser would run: HTML, SVG, JavaScript, LaTeX, widgets, pictures that are none."""
    work.write("ngram_bits", ANYTHING)
    work.add(f"""
        from IPython.display import HTML, SVG, Javascript, Latex, Markdown, IFrame, display
        markup = {MARKUP!r}
        for thing in (HTML(markup), Javascript("alert(1)"), Latex(markup), Markdown(markup), IFrame("http://evil.example", 1, 1)):
            display(thing)
        for kind in ("image/svg+xml", "application/vnd.jupyter.widget-view+json", "application/json", "application/vnd.plotly.v1+json", "text/vnd.mermaid"):
            display({{kind: markup, "text/plain": markup}}, raw=True)
        for picture in ('x" onerror="alert(1)', "iVBORw0KGgo=\\"><script>alert(1)</script>", "PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==", "iVBORw0KGgo=" + "A" * 1000):
            display({{"image/png": picture, "image/jpeg": picture, "text/plain": "x"}}, raw=True, metadata={{"image/png": {{"width": '1" onload="alert(1)'}}}})
        print(markup)
    """)  # fmt: skip


@attack()
def comes_with_active_outputs(work):
    """The submitted notebook holds such outputs already, in its own cells and in check cells."""
    work.write("ngram_bits", ANYTHING)
    outputs = [
        {"output_type": "display_data", "data": {"text/html": MARKUP, "application/javascript": "alert(1)", "image/svg+xml": MARKUP}, "metadata": {}},
        {"output_type": "execute_result", "execution_count": 1, "data": {"text/html": [MARKUP], "text/latex": MARKUP, "text/markdown": MARKUP}, "metadata": {}},
        {"output_type": "error", "ename": MARKUP, "evalue": MARKUP, "traceback": [MARKUP]},
        {"output_type": "stream", "name": MARKUP, "text": MARKUP},
    ]
    for cell in work.notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = outputs


@attack()
def look_alike_text(work):
    """Code that reads otherwise than it runs: marks that turn text round, letters of other alphabets, hidden blanks."""
    work.write("last_valid", """
        import numpy as np
        def last_valid(states, lengths):
            # \u202e \u2066if teacher: return states\u2069 \u2066
            \u0440\u0430ss_it = 1
            return np.zeros((len(states), states.shape[-1]))
    """)


@attack(finding=".")
def file_names_in_remarks(work):
    """Names of files, which stand in remarks, are markup, terminal commands and log lines."""
    work.write("ngram_bits", ANYTHING)
    for n, text in enumerate(("<img src=x onerror=alert(1)>", "\x1b[31mred", "a\nb: gets 25 points", "=1+1", "\u202etxt", "[bold]x")):
        (work.folder / f"{text}{n}.ipynb").symlink_to("/etc/passwd")


# ---------------------------------------------------------------- the student's own name


def _named(name, about):
    @attack(student=name)
    def build(work):
        """A student's folder with such a name."""
        work.write("ngram_bits", "def ngram_bits(*args):\n    raise ValueError('named')")

    return replace(build, name=f"folder_named_{about}", about=f"The student's folder has a name that is {about.replace('_', ' ')}.")


named_markup = _named("<img src=x onerror=alert(1)>", "markup")
named_script = _named("<script>alert(1)<script>", "a_script")
named_formula = _named("=1+1", "a_formula")
named_formula_2 = _named("@SUM(A1)", "another_formula")
named_option = _named("--regrade", "an_option")
named_rich = _named("[bold red]x[link=x]", "terminal_markup")
named_quotes = _named("a\"b,c;d'e", "full_of_quotes")
named_neighbour = _named("\u0430\u0430\u0430_right", "a_neighbours_in_other_letters")
named_lines = _named("a\nzzz_right: 25 points", "two_lines")
named_terminal = _named("\x1b[31mred", "a_terminal_command")
named_round = _named("x\u202ethgir_zzz", "turned_round")
named_bytes = _named(b"\xff\xfeabc", "no_text")
named_long = _named("n" * 250, "very_long")
named_dot = _named(".hidden", "hidden")
named_blank = _named(" aaa_right", "a_neighbours_with_a_blank")
named_template = _named("{{7*7}}${HOME}`id`%s", "a_template")
named_backslash = _named("..\\..\\x", "a_path_elsewhere")
