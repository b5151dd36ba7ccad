"""How a report looks: text, card, JSON, exception."""

import json
import re
from html.parser import HTMLParser

import numpy as np

from rnncourse.checking.card import as_html
from rnncourse.checking.report import CheckFailed
from rnncourse.checking.score import assess
from tests.checking.toy import sums


def hostile(x, scale):
    raise ValueError("<script>alert('x')</script> & more")


FAILED = assess(sums, sums.mistakes["the total is the mean"])


def test_text_says_verdict_what_where_why_and_the_next_hint():
    lines = str(FAILED).splitlines()
    assert lines[0] == "not yet · 9.1 sums · 2 of 4 points"
    labels = [line[2:16].strip() for line in lines[1:] if line[2] != " "]
    assert labels == ["values", "in the case", "likely cause", "points", "next hint"]
    assert 'one (1 of 3: hint("9.1"))' in lines[-1]
    assert max(map(len, lines)) <= 100


def test_the_case_is_described_by_its_arguments():
    assert re.search(r"in the case\s+x \(2, 5\), scale=[\d.]+ \(1 of 3\)", str(FAILED))


class Tags(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.open, self.seen = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_card_is_whole_html_with_a_role_and_a_hint_to_open():
    tags = Tags(as_html(FAILED))
    assert tags.open == []
    assert tags.seen[0][1]["role"] == "status"
    assert [tag for tag, _ in tags.seen].count("details") == 1
    assert "display:list-item" in next(attrs for tag, attrs in tags.seen if tag == "summary")["style"]


def test_what_comes_from_the_learner_is_escaped():
    html = as_html(assess(sums, hostile))
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def test_json_holds_the_record_of_the_command_line():
    record = json.loads(json.dumps(FAILED.as_dict()))
    assert set(record) >= {"exercise", "status", "points", "max_points", "cause", "message"}
    assert (record["exercise"], record["status"], record["points"], record["max_points"]) == ("sums", "failed", 2.0, 4.0)
    assert record["cause"].startswith("the total is the mean")
    assert record["message"].startswith("values: 5 of 5 differ") or "differ" in record["message"]


def test_the_exception_shows_the_card_and_no_traceback():
    error = CheckFailed(FAILED)
    assert error._render_traceback_() == str(FAILED).splitlines()
    assert str(error) == "not yet · 9.1 sums · 2 of 4 points"


def test_a_passed_report_is_short():
    report = assess(sums, sums.reference)
    assert str(report) == "passed · 9.1 sums · 4 of 4 points"
    assert "details" not in as_html(report)
    assert set(report._repr_mimebundle_()) == {"text/plain", "text/html"}


def test_a_card_stays_small_whatever_the_learner_prints():
    def flood(x, scale):
        print("y" * 10_000)
        raise ValueError("z" * 10_000)

    assert len(as_html(assess(sums, flood))) < 6_000
    assert np.isfinite(assess(sums, flood).points)
