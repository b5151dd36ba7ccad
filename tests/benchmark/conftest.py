"""For all tests of the comparison: one thread, as it measures, and no more time than a test needs."""

import pytest

from rnncourse.models import one_thread


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    with one_thread():
        yield


@pytest.fixture(autouse=True, scope="session")
def _brief():
    """Few steps at each length, few scores of a race: what is tested are rows, not times."""
    from rnncourse.benchmark import cost, race

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cost, "WORK", 0.02)
        patch.setattr(race, "SCORES", 2)
        yield
