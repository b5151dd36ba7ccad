"""How much is fuzzed: in the ordinary run a few hundred inputs, the same each time; for a long run, as many as are asked for.

    FUZZ_EXAMPLES=100000 python -m pytest -p no:nbval tests/grading/fuzz

draws that many inputs a reader, other ones each time. Hypothesis shrinks what fails and prints it; it then belongs into
`seeds`, from where it is tried in every run.
"""

import os

from hypothesis import HealthCheck, settings

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))

settings.register_profile(
    "fuzz", deadline=None, derandomize=not EXAMPLES, max_examples=EXAMPLES or 120, database=None, print_blob=True,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
