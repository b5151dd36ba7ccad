"""What a learner's cells printed and drew, made harmless: it is shown to an instructor who is logged in.

nbconvert, which formgrader and nbgrader's feedback use, puts HTML, SVG, LaTeX and JavaScript outputs into its page as
they are. A script in a submission would run in the instructor's browser and could change grades. So only what cannot
act is kept: text and bitmaps. Each output also becomes what nbformat allows, whatever it was.
"""

import base64
import binascii

PICTURES = ("image/png", "image/jpeg")
LEFT_OUT = "(this output is not shown here: only text and pictures are)"


def harmless(outputs):
    """The outputs of one cell as nbformat outputs that hold text and bitmaps only.

    `outputs` is a list of nbformat outputs, or whatever came in its place.
    """
    return [_one(output) for output in outputs or () if isinstance(output, dict)]


def stream(text, name="stdout"):
    """An nbformat output that shows this text as if it had been printed."""
    return {"output_type": "stream", "name": name, "text": clean(text)}


def picture_or_text(data, metadata=None):
    """An nbformat output that shows a mime bundle."""
    return {"output_type": "display_data", "data": data, "metadata": metadata or {}}


def clean(value):
    """Text, or lists and dictionaries of it, without what UTF-8 cannot say (lone surrogates) and without NUL."""
    if isinstance(value, str):
        return (
            value.encode("utf-16", "surrogatepass")
            .decode("utf-16", "replace")
            .replace("\0", "\N{REPLACEMENT CHARACTER}")
        )
    if isinstance(value, list):
        return [clean(item) for item in value]
    if isinstance(value, dict):
        return {clean(key): clean(item) for key, item in value.items()}
    return value


def _one(output):
    kind = output.get("output_type")
    if kind == "stream":
        return stream(_text(output.get("text")), "stderr" if output.get("name") == "stderr" else "stdout")
    if kind == "error":
        lines = output.get("traceback")
        return {
            "output_type": "error",
            "ename": clean(_text(output.get("ename"))),
            "evalue": clean(_text(output.get("evalue"))),
            "traceback": [clean(_text(line)) for line in lines] if isinstance(lines, list) else [],
        }
    return picture_or_text(_bundle(output.get("data")))


def _bundle(data):
    data = data if isinstance(data, dict) else {}
    kept = {kind: picture for kind in PICTURES if (picture := _bitmap(data.get(kind)))}
    if "text/plain" in data:
        kept["text/plain"] = clean(_text(data["text/plain"]))
    return kept or {"text/plain": LEFT_OUT}


def _bitmap(value):
    """Base64 text that is nothing but base64: nbconvert puts it between quotes."""
    text = "".join(_text(value).split())
    try:
        return text if base64.b64decode(text, validate=True) else ""
    except (binascii.Error, ValueError):
        return ""


def _text(value):
    """The text of a field that nbformat allows to be a text or a list of lines."""
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""
