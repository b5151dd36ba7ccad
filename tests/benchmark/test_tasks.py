"""The tasks: the same batches for the same seed, held-out data that nobody learns from, scores that mean what they say."""

from itertools import islice

import numpy as np
import pytest
import torch

from rnncourse.benchmark import dates
from rnncourse.benchmark.arms import ARMS, build, size_for
from rnncourse.benchmark.dates import TRANSLATED, written_dates
from rnncourse.benchmark.drawn import KEYS, Copy, Recall, held_out
from rnncourse.benchmark.scores import A_BLOCK, BLOCKS
from rnncourse.benchmark.tasks import TASKS
from rnncourse.benchmark.text import corpus, windowed


def batches(task, seed, count=3):
    return [[each.numpy() for each in batch] for batch in islice(task.batches(seed), count)]


@pytest.mark.parametrize("task", TASKS.values(), ids=list(TASKS))
def test_a_seed_decides_the_batches(task):
    one, same, other = batches(task, 0), batches(task, 0), batches(task, 1)
    for a, b, c in zip(one, same, other, strict=True):
        np.testing.assert_array_equal(a[0], b[0])
        np.testing.assert_array_equal(a[1], b[1])
        assert not np.array_equal(a[0], c[0])
    assert one[0][0].shape[0] == task.batch and one[0][0].shape[0] * one[0][0].shape[1] == task.tokens
    assert not np.array_equal(one[0][0], one[1][0])


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("name", TASKS)
def test_an_untrained_network_is_no_better_than_blind(name, arm):
    task, arm = TASKS[name], ARMS[arm]
    model = build(arm, task.shape, size_for(arm, task.shape), np.random.default_rng(0))
    with torch.no_grad():
        search, final = (task.score(arm, model, part, blocks=4) for part in ("search", "final"))
    assert search.losses.shape == final.losses.shape == (4,) and not np.array_equal(search.losses, final.losses)
    assert final.loss > 0.8 * task.blind and 0 <= final.right < 0.4
    assert np.isfinite(final.losses).all()


@pytest.mark.parametrize("task", [task for task in TASKS.values() if task.lengths], ids=lambda task: task.name)
def test_other_lengths_fit_every_network(task):
    arm = ARMS["Transformer"]
    model = build(arm, task.shape, size_for(arm, task.shape), np.random.default_rng(0))
    with torch.no_grad():
        assert all(np.isfinite(task.score(arm, model, "final", length, blocks=2).loss) for length in task.lengths)
    assert task.length in task.lengths and max(task.lengths) > task.length


@pytest.mark.parametrize("task", [TASKS["adding"], TASKS["copy"], TASKS["recall"]], ids=lambda task: task.name)
def test_fewer_blocks_are_the_first_of_them(task):
    whole, few = held_out(task, "final", task.length, BLOCKS), held_out(task, "final", task.length, 2)
    assert len(whole[0]) == BLOCKS * A_BLOCK and len(few[0]) == 2 * A_BLOCK
    torch.testing.assert_close(whole[0][: 2 * A_BLOCK], few[0])


def test_copy_asks_for_letters_only():
    inputs, targets = Copy("copy", "", 4, (4,), 1000).draw(np.random.default_rng(0), 3, 4)
    assert (targets[:, :14] == -1).all()
    np.testing.assert_array_equal(targets[:, 14:], inputs[:, :10])


def test_recall_asks_about_every_pair():
    task = Recall("recall", "", 4, (4,), 1000)
    inputs, targets = task.draw(np.random.default_rng(0), 50, 4)
    assert inputs.shape == targets.shape == (50, task.steps(4)) == (50, 13)
    for row, asked in zip(inputs, targets, strict=True):
        values = dict(zip(row[:8:2].tolist(), row[1:8:2].tolist(), strict=True))
        assert row[8] == 2 * KEYS and (asked[:9] == -1).all()
        assert sorted(row[9:]) == sorted(values) and [KEYS + a for a in asked[9:]] == [values[key] for key in row[9:].tolist()]


def test_the_text_is_learnt_in_one_part_and_judged_in_two_others():
    text = corpus()
    whole = np.concatenate([text.train, text.parts["search"], text.parts["final"]])
    assert len(text.train) == len(whole) * 9 // 10 and abs(len(text.parts["search"]) - len(text.parts["final"])) <= 1
    streams = text.held_out("final", 100)
    assert streams.shape == (BLOCKS, 100)
    np.testing.assert_array_equal(streams[-1], text.parts["final"][-100:])
    ids, targets, _ = batches(TASKS["charlm"], 5, 1)[0]
    np.testing.assert_array_equal(ids[:, 1:], targets[:, :-1])


def test_streams_of_text_go_on_where_they_were():
    first, second = batches(TASKS["charlm"], 5, 2)
    np.testing.assert_array_equal(first[1][:, -1], second[0][:, 0])


def test_a_stream_of_text_begins_anew_now_and_then():
    task, arm = TASKS["charlm"], ARMS["LSTM"]
    begins = np.array([batch[2] for batch in batches(task, 5, 200)])
    assert set(begins.ravel()) == {0, 1} and 0.07 < begins.mean() < 0.13
    model = build(arm, task.shape, size_for(arm, task.shape), np.random.default_rng(0))
    ids, targets, _ = next(task.batches(5))
    with torch.no_grad():
        state = model(ids)[1]
        begins = torch.tensor([1] * 4 + [0] * 12)
        anew, on = (task.loss(model, (ids[rows], targets[rows], begins[rows]), tuple(each[:, rows] for each in state))[0] for rows in (slice(4), slice(4, 16)))
        torch.testing.assert_close(anew, task.loss(model, (ids[:4], targets[:4], begins[:4]), None)[0])
        assert not torch.isclose(on, task.loss(model, (ids[4:], targets[4:], begins[4:]), None)[0], rtol=1e-6)


def test_windows_score_what_whole_sequences_score():
    """A network that sees one step back at most gives the same in a window as in the whole."""
    embedding = torch.randn(7, 5, generator=torch.Generator().manual_seed(0))
    ids = torch.from_numpy(np.random.default_rng(0).integers(7, size=(3, 8 * 5)))
    torch.testing.assert_close(windowed(lambda ids: embedding[ids], ids, 16), embedding[ids][:, 8:])


def test_dates_read_a_date_and_write_ten_characters():
    ids, targets = batches(TASKS["dates"], 0, 1)[0]
    assert targets.shape == (32, TRANSLATED)
    np.testing.assert_array_equal(ids[:, 1 - TRANSLATED :], targets[:, :-1])
    assert (ids[:, -TRANSLATED] == 1).all()  # the order to begin
    judged = {row.tobytes() for row in written_dates().ids[: 2 * BLOCKS * A_BLOCK, -TRANSLATED:]}
    learnt = {row.tobytes() for row in written_dates().ids[2 * BLOCKS * A_BLOCK :, -TRANSLATED:]}
    assert not judged & learnt and len(learnt) == dates.PAIRS


class Parrot(torch.nn.Module):
    """Says the right translation, given by the first ids, only as long as it reads its own right characters."""

    def __init__(self, whole):
        super().__init__()
        self.whole = whole

    def forward(self, ids, state=None):
        answers = self.whole[:, 1 : ids.shape[1] + 1]
        wrong = (ids != self.whole[:, : ids.shape[1]]).any(dim=1)
        answers = torch.where(wrong[:, None], torch.zeros_like(answers), answers)
        return torch.nn.functional.one_hot(answers, written_dates().symbols).float() * 50, None


def test_a_translation_is_right_only_as_a_whole():
    task, arm = TASKS["dates"], ARMS["Transformer"]
    whole = torch.from_numpy(written_dates().ids[: A_BLOCK * 2].copy())
    assert task.score(arm, Parrot(whole), "search", blocks=2).right == 1.0
    spoilt = whole.clone()
    spoilt[:4, -3] = 0
    assert task.score(arm, Parrot(spoilt), "search", blocks=2).right == 0.75
