"""What the arms learn: text, two tasks made of memory, recall by association, and dates to translate.

A task gives every arm the same batches for a seed, and the same held-out sequences: those of "search" decide about the
learning rate, those of "final" about nothing, so that they can judge. Held-out sequences come in 32 blocks, so that
two arms can be compared block by block.

A token is one step of a sequence. Losses are means over the steps at which something is asked.
"""

from rnncourse.benchmark.dates import Dates
from rnncourse.benchmark.drawn import Adding, Copy, Recall
from rnncourse.benchmark.text import Text

TASKS = {
    task.name: task
    for task in (
        Text(),
        Adding("adding", "the sum of two marked numbers", 50, (25, 50, 100, 200), 40_000),
        Copy("copy", "ten letters after a delay", 10, (5, 10, 20, 40), 40_000),
        Recall("recall", "the value that came with a key", 6, (2, 4, 6, 8, 12, 16), 40_000),
        Dates(),
    )
}
