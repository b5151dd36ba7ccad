"""A small course with one lesson, in a temporary folder; its check is a stand-in so that no exercise block is needed."""

import shutil
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]

LESSON = '''\
# %% [markdown]
# # Doubling numbers
#
# After these 5 minutes you can
#
# - double a number,
# - say why that is useful,
# - plan a picture of it.
#
# ## What you need
# A number. The [first exercise](#Exercise-9.1-·-Double) comes soon.

# %% locked="imports"
import math


def check(function):
    ok = function(3) == 6
    print("passed" if ok else "not yet")

# %% [markdown]
# ### Exercise 9.1 · Double
# Difficulty 1/5 · Importance 5/5 · 5 minutes · 2 points · one line is enough
#
# Return twice the number.

# %% solution="double"
def double(number):
    """Twice the number."""
    ### BEGIN SOLUTION
    return number + number * math.cos(0)
    ### END SOLUTION

# %% test="check_double" points=2
check(double)

# %% [markdown]
# ## Why

# %% [markdown] answer="why" points=1.5
# Because two is company.

# %% [markdown] task="picture" points=1
# Draw it.

# %% tags=["demo"]
print("two", flush=True)
print("lines")
'''


@pytest.fixture
def course(tmp_path):
    """A folder with nbgrader_config.py and one source, not built yet."""
    step = tmp_path / "solutions" / "9-doubling"
    step.mkdir(parents=True)
    (step / "doubling.py").write_text(LESSON, encoding="utf-8")
    shutil.copy(REPO / "nbgrader_config.py", tmp_path)
    return tmp_path


@pytest.fixture
def source(course):
    """The one source of the small course."""
    return course / "solutions" / "9-doubling" / "doubling.py"


@pytest.fixture
def rewrite(source):
    """Replace a piece of the source, which must be there."""

    def replace(old, new):
        text = source.read_text(encoding="utf-8")
        assert old in text
        source.write_text(text.replace(old, new, 1), encoding="utf-8")

    return replace
