"""Of a cell's outputs text and pictures are kept, up to a size, and nothing that a browser would run."""

import base64

from rnncourse.grading.judge.outputs import COUNT, Outputs, printable

PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"\0" * 20).decode()


def kept(*messages, most=1000):
    outputs = Outputs(most)
    for kind, content in messages:
        outputs.add(kind, content)
    return outputs


def test_streams_of_one_name_become_one_output():
    found = kept(("stream", {"name": "stdout", "text": "a"}), ("stream", {"name": "stdout", "text": "b"}), ("stream", {"name": "stderr", "text": "c"}))
    assert [(one["name"], one["text"]) for one in found.list] == [("stdout", "ab"), ("stderr", "c")]


def test_pictures_and_text_stay_and_the_rest_goes():
    data = {"image/png": PNG, "text/plain": "a figure", "text/html": "<script>alert(1)</script>", "image/svg+xml": "<svg onload=x>", "application/javascript": "x"}
    found = kept(("display_data", {"data": data}))
    assert found.list == [{"output_type": "display_data", "data": {"image/png": PNG, "text/plain": "a figure"}, "metadata": {}}]


def test_a_picture_that_is_none_goes():
    for text in ("x" * 50, base64.b64encode(b"<svg/>").decode(), "§", 7, None):
        assert kept(("display_data", {"data": {"image/png": text}})).list == []


def test_a_flood_is_cut_and_said_so():
    found = kept(*[("stream", {"name": "stdout", "text": "x" * 100})] * 1000, most=500)
    assert found.size < 1000
    assert found.list[0]["text"].endswith("[more output was left out]\n")
    assert not found.wants([b"x" * 10**6]) and found.wants([b"x" * 100])


def test_contents_of_other_types_do_no_harm():
    found = kept(("stream", {}), ("stream", {"text": 3}), ("display_data", {"data": []}), ("error", {"ename": 1}), ("odd", {}))
    assert found.list == [{"output_type": "error", "ename": "Error", "evalue": "", "traceback": []}]


def test_text_is_the_same_at_every_run():
    assert printable("<object at 0x7f12ab34cd56>") == "<object at 0x…>"
    assert printable("a\ud800b\x00c") == "a⟨U+D800⟩b⟨U+0000⟩c"


def test_nothing_that_a_terminal_obeys_leaves_the_sandbox():
    attack = "\x1b]0;owned\x07\x1b[31mred\x1b[0m \x9b2J\x1b]8;;http://evil.test\x07click\x1b]8;;\x07 \u202eback \u2028next"
    for message in (
        ("stream", {"name": "stdout", "text": attack}),
        ("display_data", {"data": {"text/plain": attack}}),
        ("error", {"ename": attack, "evalue": attack}),
    ):
        (found,) = kept(message).list
        texts = [one for one in (*found.values(), *found.get("data", {}).values()) if isinstance(one, str)]
        assert "".join(texts).isprintable() and any("red" in one for one in texts), found


def test_a_line_that_was_printed_over_again_shows_its_last_state():
    found = kept(*[("stream", {"name": "stderr", "text": f"{n} %\r"}) for n in (1, 50)], ("stream", {"name": "stderr", "text": "100 %\n"}))
    assert [one["text"] for one in found.list] == ["100 %\n"]


def test_many_small_outputs_are_cut_and_said_so():
    found = kept(*[("display_data", {"data": {"text/plain": str(n)}}) for n in range(20_000)], most=10**6)
    assert len(found.list) <= COUNT + 1
    assert found.list[-1]["text"].endswith("[more output was left out]\n")
