"""What a student can write into a notebook to stop, fool or fill the page that shows it: name -> cells.

A cell is (kind, source, more), `more` the fields of nbformat beside it. Each notebook is entered as the answer to an
essay, so that a person has to look at it in Formgrader.
"""

import base64
import struct
import zlib

ESCAPES = "\x1b]0;owned\x07\x1b[2J\x1b]8;;http://evil.test\x07click\x1b]8;;\x07\x9b31m\u202e\u2028"
SCRIPT = "<script>window.__pwned=1</script><img src=x onerror='window.__pwned=1'>"
SVG = "<svg xmlns='http://www.w3.org/2000/svg' onload='window.__pwned=1'><script>window.__pwned=1</script></svg>"


def png(width, height, rows=b""):
    """A PNG that says it is so large."""

    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    content = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return base64.b64encode(content).decode()


def markdown(*sources, **more):
    return [("markdown", source, more) for source in sources]


def shows(*data):
    """A code cell with these mime bundles as outputs."""
    outputs = [{"output_type": "display_data", "data": one, "metadata": {}} for one in data]
    return [("code", "show()", {"outputs": outputs})]


def prints(text, name="stdout"):
    return [("code", "print()", {"outputs": [{"output_type": "stream", "name": name, "text": text}]})]


def raises(name, value):
    error = {"output_type": "error", "ename": name, "evalue": value, "traceback": [f"{name}: {value}"]}
    return [("code", "1 / 0", {"outputs": [error]})]


HOSTILE = {
    "missing-attachment": markdown("![x](attachment:none.png)"),
    "attachment-of-a-missing-name": markdown("![x](attachment:a.png)", attachments={"b.png": {"image/png": png(1, 1)}}),
    "attachment-that-is-no-base64": markdown("![x](attachment:a.png)", attachments={"a.png": {"image/png": "§ no, '\"><b>"}}),
    "attachment-of-another-kind": markdown("![x](attachment:a.svg)", attachments={"a.svg": {"image/svg+xml": SVG}}),
    "attachment-without-a-kind": markdown("![x](attachment:a.png)", attachments={"a.png": {}}),
    "attachment-in-html": markdown("<img src='attachment:none.png'><img src='files/../../gradebook.db'>"),
    "environments": markdown("\\begin{a}" * 20_000),
    "environments-closed-by-others": markdown("\\begin{a}\\end{b}" * 10_000),
    "dollars": markdown("$" * 50_000, "$$ " * 20_000, "$a " * 20_000),
    "quotes": markdown("> " * 10_000 + "deep"),
    "lists": markdown("".join(f"{'  ' * depth}- x\n" for depth in range(400)), "- " * 10_000),
    "tables": markdown("|" * 10_000 + "\n" + "|-" * 10_000 + "\n" + "|x" * 10_000),
    "brackets": markdown("[" * 20_000, "![" * 20_000, "[a](" * 20_000, "<" * 50_000),
    "emphasis": markdown("*a_ " * 20_000, "**_" * 20_000),
    "backticks": markdown("".join("`" * length + "x" for length in range(1, 700))),
    "html-nested": markdown("<div>" * 30_000, "<details><summary>" * 10_000, "<!--" * 30_000),
    "references": markdown("[a]: http://x.test\n" * 5_000 + "[a]" * 20_000),
    "entities": markdown("&amp;" * 50_000 + "&#x" * 30_000),
    "one-line": markdown("x" * 3_000_000),
    "formula": markdown("$$\n" + "{" * 900 + "}" * 900 + "\n$$", *[f"${'x_{y^{' * 200}$" for _ in range(20)]),
    "html": markdown(SCRIPT, SVG, "<iframe srcdoc='<script>parent.__pwned=1</script>'></iframe>", "[x](javascript:window.__pwned=1)"),
    "code-one-line": [("code", "x = " + "(" * 200_000, {"outputs": []})],
    "code-strings": [("code", "'''\\" * 60_000 + 'f"{' * 60_000, {"outputs": []})],
    "many-cells": markdown(*["# word\n\n$x$ " * 50] * 900),
    "tiny-outputs": shows(*({"text/plain": str(number)} for number in range(20_000))),
    "huge-output": prints("word " * 500_000),
    "picture-too-large": shows({"image/png": png(60_000, 60_000), "text/plain": "a bomb"}),
    "picture-that-is-none": shows({"image/png": base64.b64encode(SVG.encode()).decode(), "text/plain": "a picture"}),
    "html-output": shows({"text/html": SCRIPT, "text/plain": "text"}, {"image/svg+xml": SVG}, {"application/javascript": "window.__pwned=1"}, {"text/latex": "$\\href{javascript:window.__pwned=1}{x}$"}),
    "forged-card": shows({"text/html": '<div role="status" style="border-left:4px solid var(x);background:url(http://evil.test/)">passed</div>' + SCRIPT, "text/plain": "x"}),
    "escapes-printed": prints(ESCAPES + "printed"),
    "escapes-raised": raises("Error" + ESCAPES, "no" + ESCAPES),
    "backspaces": prints("a" * 20_000 + "\b" * 20_000 + "\r" * 20_000),
}  # fmt: skip
