"""What a page says, for students in every state."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest

from rnncourse.checking.text import findings
from rnncourse.exercises import find
from rnncourse.grading.feedback import Late, Mark, page
from rnncourse.grading.verdict import NotebookVerdict, Verdict

BeautifulSoup = pytest.importorskip("bs4").BeautifulSoup


def soup(student):
    return BeautifulSoup(student.page(), "html.parser")


def text(element):
    return " ".join(element.get_text(" ").split())


def article(found, title):
    return next(one for one in found.find_all("article") if title in text(one.h3))


def table(found):
    """Rows of the table of contents: title, state, points."""
    return [tuple(text(cell) for cell in row.find_all(["th", "td"])) for row in found.nav.tbody.find_all("tr")]


def test_totals_add_checks_and_instructor_less_what_being_late_costs(anna):
    score = soup(anna).find(class_="score")
    assert text(score.h2) == "15.5 of 40 points so far"
    assert [text(line) for line in score.find_all("li")] == [
        "13.5 from the checks",
        "3 from your instructor",
        "up to 2 more: 1 answer is waiting for your instructor",
        "2 hours 30 minutes late: 1 point taken off",
    ]
    assert (score.meter["value"], score.meter["max"]) == ("15.5", "40")


def test_the_table_leads_to_every_exercise_in_the_notebooks_order(anna):
    found = soup(anna)
    assert table(found) == [
        ("2.1 One step", "✓ passed", "2 of 2"),
        ("2.2 All steps", "◐ partly passed", "1.5 of 3"),
        ("2.3 One step back", "◐ partly passed", "4 of 5"),
        ("2.4 Backpropagation through time", "○ no result", "0 of 6"),
        ("2.5 The gradient by trying", "✓ passed", "3 of 3"),
        ("2.6 Softmax and cross-entropy", "· not started", "0 of 4"),
        ("2.7 Clip by the global norm", "✓ passed", "3 of 3"),
        ("2.8 The gradient by distance", "· not started", "0 of 3"),
        ("2.9 Draw the next character", "· not started", "0 of 2"),
        ("2.10 One step of truncated BPTT in torch", "· not started", "0 of 3"),
        ("Question 2.A · Why do gradients vanish?", "✓ graded by your instructor", "3 of 4"),
        ("Question 2.B · What does clipping change?", "… waiting for your instructor", "– of 2"),
    ]
    for link in found.nav.find_all("a"):
        assert text(found.find(id=link["href"][1:]).h3) == text(link)


def test_a_card_says_what_the_check_in_the_notebook_says(anna, reports):
    shown = article(soup(anna), "One step back")
    said = [(text(label), text(label.find_next_sibling("dd"))) for label in shown.find_all("dt")]
    expected = [(label, text) for label, text in findings(reports["check_rnn_step_backward"]) if label != "points"]
    assert said == [
        *expected,
        ("points", "✓ dx 1 of 1 , ○ dh_prev 0 of 1 , ✓ dW_xh 1 of 1 , ✓ dW_hh 1 of 1 , ✓ db 1 of 1"),
    ]
    assert any(label == "likely cause" and "without transposing" in cause for label, cause in said)
    assert find("2.3").hints[0] in text(shown.find("summary", string="Hint 1 of 3").parent)
    assert find("2.3").hints[1] not in text(shown)


def test_no_array_of_a_secret_case_is_on_the_page(anna, reports):
    """One number and the sizes are shown; the cases' contents and the reference's results are not."""
    shown, exercise = text(soup(anna)), find("2.3")
    for case in exercise.cases(7):
        results = exercise.run(exercise.reference, case.args).arrays
        for array in (*case.args.values(), *results.values()):
            printed = [f"{number:.4g}" for number in array.ravel()]
            assert sum(number in shown for number in printed if len(number) > 5) <= 1


def test_the_students_own_code_is_shown_with_its_lines(anna, ben):
    found = soup(anna)
    assert found.find("pre", attrs={"aria-label": "Your code for 2.2"}).get_text().startswith("def rnn_forward(x, h0")
    assert article(found, "All steps").find("details", open=True) is not None
    assert article(found, "One step").find("details", open=True) is None
    assert "raise NotImplementedError" not in text(found)


def test_comments_stand_where_they_belong_as_plain_text(anna):
    found = soup(anna)
    assert "From your instructor Nice and short." in text(article(found, "One step"))
    comment = article(found, "Question 2.A").find(class_="comment")
    assert "the *sum* over t has no part" in text(comment)
    assert "Your instructor set these points; the check gave 0." in text(article(found, "All steps"))


def test_an_answer_is_rendered_with_formulas_and_a_link_that_is_none(anna):
    answer = article(soup(anna), "Question 2.A").find(class_="answer")
    assert len(answer.find_all("math")) == 3 and answer.find("math", display="block").find("mfrac")
    assert answer.table and answer.blockquote and answer.ol
    assert not answer.find("a") and "the paper (https://example.org/bengio94)" in text(answer)
    assert not answer.find(["h1", "h2", "h3", "h4"]) and text(answer.find(class_="heading")) == "Why gradients vanish"


def test_remarks_are_told_in_friendly_words_the_gravest_first(anna):
    listed = soup(anna).find(id="files").find_next("dl")
    assert [text(one) for one in listed.find_all("dt")] == [
        "Not taken",
        "Changed back, since these parts belong to the course",
        "Mended, at no cost to you",
        "Good to know",
    ]
    assert "The cell check_rnn_step was missing and was put back." in [text(one) for one in listed.find_all("dd")]


def test_stopped_cells_and_safe_outputs_are_shown(anna):
    found = soup(anna)
    stopped = found.find(id="stopped").parent
    assert "longer than 60 seconds" in text(stopped) and "def rnn_backward" in text(stopped)
    output = found.find(class_="output")
    assert text(output.summary) == "losses = train()" and "epoch 2 loss 1.87" in text(output)
    assert output.img["alt"] == "The loss falls from 2.3 to 1.9." and output.img["src"].startswith(
        "data:image/png;base64,"
    )


def test_the_next_steps_fit_the_state(anna, ben):
    steps = [text(one) for one in soup(anna).find(id="next").find_next("ol").find_all("li")]
    assert steps[0] == "Begin with 2.2 All steps , and read its “likely cause” first."
    assert steps[1] == "Not started yet: 2.6 Softmax and cross-entropy , and 3 more."
    assert "Nothing, for now." in text(soup(ben).find(id="next").parent)
    done = replace(ben, notebook=None)
    assert "go on with the next step of the course" in text(soup(done).find(id="next").parent)


def test_without_isolation_the_page_says_so(anna, ben):
    assert "Graded without isolation." in text(soup(anna))
    assert "isolation" not in text(soup(ben))


@pytest.mark.parametrize(
    ("late", "told"),
    [
        (None, None),
        (Late(40, 0), "1 minute late: nothing taken off"),
        (Late(86400 * 2, 2), "2 days late: 2 points taken off"),
        (Late(86400 * 2 + 1, 100), "2 days 1 minute late: 100 points taken off"),
    ],
)
def test_lateness(ben, late, told):
    score = text(soup(replace(ben, late=late, notebook=None)).find(class_="score"))
    assert told in score if told else "late" not in score
    assert score.startswith({None: "8", 0: "8", 2: "6", 100: "0"}[late and late.points])


def test_full_points_by_hand_close_an_exercise(anna):
    kept = (Mark("check_rnn_forward", 3.0, 3.0),)
    assert table(soup(replace(anna, marks=kept)))[1] == ("2.2 All steps", "✓ graded by your instructor", "3 of 3")


def test_an_answer_that_the_notebook_lost_keeps_its_points(ben):
    shown = article(soup(replace(ben, notebook=None, marks=(Mark("why_vanish", 2.0, 4.0, "Fine."),))), "why vanish")
    assert (
        "2 of 4 points" in text(shown) and "Fine." in text(shown) and "There is no text of yours here." in text(shown)
    )


def test_a_submission_of_which_nothing_could_be_graded(anna):
    verdict = replace(anna.verdict, notebooks=())
    found = soup(replace(anna, verdict=verdict, notebook=None, marks=(), late=None))
    assert "No check of the notebook bptt could be run: see “About what you handed in”." in text(found.main)
    assert found.nav is None and text(found.h1) == "Bptt"


def test_headings_go_down_by_one_and_landmarks_are_there(anna):
    found = soup(anna)
    levels = [int(one.name[1]) for one in found.find_all(["h1", "h2", "h3", "h4", "h5", "h6"])]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(levels, levels[1:], strict=False))
    assert found.html["lang"] == "en" and found.title.get_text().startswith("15.5 of 40")
    assert all(found.find(name) for name in ("header", "main", "nav", "footer"))
    assert found.body.find("a")["href"] == "#exercises" and found.find(id="exercises")
    assert not found.find(role="status") and not found.find(role="alert")


def test_the_policy_forbids_everything_but_the_style_and_pictures(anna):
    import base64
    import hashlib

    found = soup(anna)
    digest = base64.b64encode(hashlib.sha256(found.style.string.encode()).digest()).decode()
    policy = found.find("meta", attrs={"http-equiv": "Content-Security-Policy"})["content"]
    assert (
        policy == f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert found.find("meta", attrs={"name": "referrer"})["content"] == "no-referrer"
    assert not found.find(style=True) and "url(" not in found.style.string and "@import" not in found.style.string


def test_a_page_is_small(anna):
    assert len(anna.page().encode("utf-8")) < 60_000


SAME = """
import hashlib, json, sys
from rnncourse.grading.feedback import Mark, page
from rnncourse.grading.verdict import Verdict
verdict, notebook = sys.stdin.buffer.read().split(b"\\0")
marks = (Mark("why_vanish", 3.0, 4.0, "x"),)
html = page("anna", "2-bptt", Verdict.from_json(verdict), "bptt", json.loads(notebook), manual=marks)
print(hashlib.sha256(html.encode()).hexdigest())
"""


def test_the_same_arguments_give_the_same_bytes_in_every_process(anna):
    import hashlib
    import json

    given = anna.verdict.to_json() + b"\0" + json.dumps(anna.notebook).encode()
    here = page("anna", "2-bptt", anna.verdict, "bptt", anna.notebook, manual=(Mark("why_vanish", 3.0, 4.0, "x"),))
    assert (
        page("anna", "2-bptt", anna.verdict, "bptt", anna.notebook, manual=(Mark("why_vanish", 3.0, 4.0, "x"),)) == here
    )
    digests = {hashlib.sha256(here.encode()).hexdigest()}
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": "C", "TZ": "Asia/Tokyo"}
        done = subprocess.run(
            [sys.executable, "-c", SAME], input=given, capture_output=True, env=environment, check=True, timeout=60
        )
        digests.add(done.stdout.decode().strip())
    assert len(digests) == 1


def test_a_verdict_that_was_kept_as_json_gives_the_same_page(anna):
    assert replace(anna, verdict=Verdict.from_json(anna.verdict.to_json())).page() == anna.page()


def test_a_page_keeps_to_its_size_and_says_what_it_left_out(anna):
    answer = {**anna.notebook["cells"][-2], "source": "*x* " * 2000}
    many = [
        {**answer, "id": f"a{n}", "metadata": {"nbgrader": {**answer["metadata"]["nbgrader"], "grade_id": f"a{n}"}}}
        for n in range(20)
    ]
    verdict = replace(anna.verdict, notebooks=(NotebookVerdict("bptt"),))
    html = replace(anna, verdict=verdict, notebook={"cells": many}, marks=()).page()
    assert len(html.encode()) < 200_000 and "Left out here, because the page would become too long." in html
