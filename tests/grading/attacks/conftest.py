"""The class of attackers is graded once, and every test looks at what came of it."""

import os
import tempfile
from importlib import import_module
from pathlib import Path

import pytest

from rnncourse.grading.sandbox import isolation
from tests.grading.attacks.attack import attacks_of
from tests.grading.attacks.room import Room

# Every module here that holds attacks.
TOPICS = tuple(sorted(path.stem for path in Path(__file__).parent.glob("*.py") if "\n@attack" in path.read_text(encoding="utf-8")))


def of_topic(topic):
    """The attacks of a module, or its honest work."""
    return attacks_of(import_module(f"tests.grading.attacks.{topic}"))


@pytest.fixture(scope="session")
def room():
    """The class after grading, feedback and exports."""
    if isolation().kind == "none":
        if os.environ.get("CI"):
            pytest.fail(f"no isolation here: {isolation().why}")
        pytest.skip(f"no isolation here: {isolation().why}")
    with tempfile.TemporaryDirectory(prefix="rnn-room-", ignore_cleanup_errors=True) as folder:
        yield Room(Path(folder), [one for topic in (*TOPICS, "honest") for one in of_topic(topic)]).run()


def pytest_generate_tests(metafunc):
    topics = {"attack": TOPICS, "work": ("honest",)}
    for name, modules in topics.items():
        if name in metafunc.fixturenames:
            found = [(topic, one) for topic in modules for one in of_topic(topic)]
            metafunc.parametrize(name, [one for _, one in found], ids=[f"{topic}-{one.name}" for topic, one in found])


@pytest.fixture
def outcome(request, room):
    """What became of the attack or the work that the test is about."""
    one = request.getfixturevalue("attack" if "attack" in request.fixturenames else "work")
    return room.outcome(one)
