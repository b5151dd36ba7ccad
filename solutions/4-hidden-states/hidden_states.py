# %% [markdown]
# # What is the network remembering?
#
# A trained network is a box of numbers, and its memory is a list of numbers that changes at every step. In this
# notebook you open the box. You train a small LSTM on a text, in a few seconds, and then ask of its hidden states
# three questions that are often mixed up: what can one **see** in them, what can one **read** from them, and what
# does the network **use**?
#
# Each picture stands beside the same picture of a network with random weights. You will see why: the untrained
# network looks cleverer than one would think.
#
# **After it you can**
#
# - **record** every hidden state, cell state and gate of a recurrent network;
# - **find** units that follow a rule, and **judge** whether chance would have found them too;
# - **test** with a probe what can be read, and with an ablation what is used;
# - **trace** which characters an answer rests on;
# - **compute** where a network comes to rest, and **explain** with it how a memory is kept.
#
# **Time:** about 280 minutes, best over three sittings (pauses fit after exercises 4.3 and 4.7).
#
# **You need:** the LSTM of notebook 3, torch as in exercise 2.10, and from linear algebra the ideas of a projection
# and of an eigenvalue.

# %% locked="imports"
import numpy as np
import torch
from IPython.display import display

import rnncourse.plots.gates as gate_chart
import rnncourse.plots.states as chart
from rnncourse import check, data, models, predict, progress, ready, states
from rnncourse import hint  # noqa: F401 - for you: hint("4.1")
from rnncourse.cells import from_torch
from rnncourse.cells.language_model import consecutive_batches
from rnncourse.data import MARKED_ALPHABET
from rnncourse.plots.explorer import TextStates

# %% [markdown]
# ## A text whose marks matter
#
# To find a memory, you have to know what there is to remember. So the text is made up: words of syllables, some of
# them in quotation marks, some in brackets, in short lines. Inside quotes other vowels are frequent, inside brackets
# other consonants. A reader who remembers which mark was opened can guess better.

# %%
text = data.marked_text(np.random.default_rng(0), 30_000)
seen_text = data.marked_text(np.random.default_rng(1), 200)  # new text, to look at
test_text = data.marked_text(np.random.default_rng(2), 4_000)  # new text, to measure with
rules = data.mark_rules(test_text)  # name -> what a reader can know at each character
print(text[:120])

# %% [markdown]
# Three rules are known for every character: is it inside quotes, is it inside brackets, how many characters are
# there since the line began? The network is told none of them. It learns one thing, to guess the next character.

# %%
def network(seed):
    """An LSTM of 32 units that reads characters and scores the next one; its weights are random."""
    return models.CharacterModel(len(MARKED_ALPHABET), hidden=32, kind="lstm", rng=np.random.default_rng(seed))


ids = states.encode(text, MARKED_ALPHABET)
model, control = network(0), network(1)  # the second one is never trained
history = models.fit(
    model,
    models.consecutive(consecutive_batches(ids, B=16, T=50)),
    models.stream_loss,
    models.Settings(epochs=15, learning_rate=0.02),
)
start, end = history.losses[0] / np.log(2), history.losses[-1] / np.log(2)
print(f"bits per character: {np.log2(len(MARKED_ALPHABET)):.2f} knowing nothing, {start:.2f} after one epoch, {end:.2f} after 15")

# %% [markdown]
# ## Every state, at every step
#
# torch hands out the hidden states of a sequence and keeps the rest to itself. So the recording is yours to write,
# and it is written for any step at all: a function `step(x_t, h)` that returns the next state.
#
# ### Exercise 4.1 · Record every state
# Difficulty 2/5 · Importance 5/5 · 15 minutes · 2 points · five lines are enough
#
# `step` maps an input (B, D) and a state (B, H) to the next state (B, H). Run it over `x` (B, T, D) from `h0` (B, H)
# and return all states, `hs` (B, T, H), the first of them after the first step.
#
# NOTE: fast code reuses its memory. A step may write into the array that you give it, or return the same array every
# time. What you keep has to stay as it was.

# %% solution="record_states"
def record_states(step, x, h0):
    """Every state (B, T, H) of a step that reads x (B, T, D) from the state h0 (B, H)."""
    ### BEGIN SOLUTION
    h, hs = h0.copy(), []
    for t in range(x.shape[1]):
        h = step(x[:, t], h)
        hs.append(h.copy())  # the step may overwrite its own array later
    return np.stack(hs, axis=1)  # (B, T, H)
    ### END SOLUTION

# %% test="check_record_states" points=2
check(record_states)

# %% [markdown]
# An LSTM carries two arrays, h and c. Put side by side they are one state (B, 2H), and your function records both.
# The cell of notebook 3 takes over torch's weights. Is it the same network?

# %%
H = 32
cell = from_torch(model.recurrent, plain=True)


def lstm_step(x, h_and_c):
    """One step of the trained LSTM; the state is h and c side by side, (B, 2H)."""
    return np.hstack(cell.step(x, (h_and_c[:, :H], h_and_c[:, H:])))


def embedded(ids):
    """The vectors (B, T, E) that the network reads for ids (B, T)."""
    return model.embedding.weight.detach().numpy()[ids].astype(np.float64)


if ready(record_states):
    x = embedded(states.encode(seen_text, MARKED_ALPHABET)[None])
    mine = record_states(lstm_step, x, np.zeros((1, 2 * H)))
    by_torch = model.recurrent(torch.from_numpy(x.astype(np.float32)))[0].detach().numpy()
    apart = np.abs(mine[:, :, :H] - by_torch).max()
    assert apart < 1e-5
    print(f"states {mine.shape}; yours and torch's agree to 5 digits: {apart < 1e-5}")

# %% [markdown]
# ## Look at it
#
# From here on `states.record_text` records for us; it also gives the four gates. For each character of a new text,
# the picture shows what one unit's cell state is *after* that character was read. Which rule does the unit follow,
# and at which characters does it change?

# %%
guess = predict("…", "4 first unit")

# %%
seen = states.record_text(model, seen_text, MARKED_ALPHABET)
view = TextStates(seen_text, seen.cell, data.mark_rules(seen_text), name="cell state")
view

# %%
first_rule, pairs = next(iter(view.top.items()))
guess.outcome(f"unit {pairs[0][0]} is the one that follows '{first_rule}' best in this text, r = {pairs[0][1]:+.2f}")

# %% [markdown]
# One unit of 32. Look at the others: move the slider `unit`, with the mouse or with the arrow keys, or press a
# button. The frame holds all its data, so it works without a kernel too.

# %%
view.html()

# %% [markdown]
# In JupyterLab the next cell gives you a box to type in. Type `"ka` and see the quote open; close it; forget to
# close it. (In an exported page it shows the frame above once more.)

# %% tags=["live"]
view.live(model, MARKED_ALPHABET)

# %% [markdown]
# **What such a picture cannot say.** You looked for a unit that fits, and with 32 units and three rules something
# always fits a little. Most units do nothing that has a name. And a unit that follows a rule may not be needed for
# anything. The rest of this notebook is about these three doubts.
#
# ## Gates: open, shut or undecided?
#
# A gate near 0 is shut, near 1 it is open, in between it is undecided. A network with random weights has not
# decided anything. How many of its gates will be below 0.1 or above 0.9, and how many after the training?

# %%
guess = predict("…", "4 gates")

# %% [markdown]
# ### Exercise 4.2 · Saturation of a gate
# Difficulty 1/5 · Importance 4/5 · 10 minutes · 3 points · one line is enough
#
# `gate` is (N, H), the values of a gate of H units at N steps. Return two arrays `(left, right)`, each (H,): for
# every unit the share of the steps at which its gate is below `low`, and the share at which it is above `high`.
#
# NOTE: a share is between 0 and 1, and it belongs to a unit: the steps are what you average over.

# %% solution="gate_saturation"
def gate_saturation(gate, low=0.1, high=0.9):
    """Shares (H,) of the steps at which each unit's gate is below `low`, and above `high`."""
    ### BEGIN SOLUTION
    return (gate < low).mean(axis=0), (gate > high).mean(axis=0)
    ### END SOLUTION

# %% test="check_gate_saturation" points=3
check(gate_saturation)

# %%
trained = states.record_text(model, test_text, MARKED_ALPHABET)
untrained = states.record_text(control, test_text, MARKED_ALPHABET)
networks = {"trained": trained, "random weights": untrained}

if ready(gate_saturation):
    shares = {name: {g: gate_saturation(seen.gates[g]) for g in "ifo"} for name, seen in networks.items()}
    decided = {name: np.mean([left + right for left, right in each.values()]) for name, each in shares.items()}
    assert decided["trained"] > decided["random weights"]
    guess.outcome("; ".join(f"{name}: {share:.0%} of all gate values are decided" for name, share in decided.items()))
    display(chart.saturation(shares))

# %% [markdown]
# A forget gate that stays near 1 keeps what it has. Exercise 3.10 turned that into a number, the half-life. A line of
# this text has up to 18 characters: does anybody remember that long?

# %%
lives = {name: states.half_life(seen.gates["f"]) for name, seen in networks.items()}
for name, steps in lives.items():
    print(f"{name:15s} longest half-life {steps.max():5.1f} steps, median {np.median(steps):.1f}")
gate_chart.half_life_histogram(lives)

# %% [markdown]
# **What a half-life cannot say.** It comes from the *mean* gate. A unit that keeps everything for twenty characters
# and then drops it at once, as a quote cell should, has a gate that is sometimes 1 and sometimes 0. Its mean, and so
# its half-life, is that of a unit that leaks all the time.
#
# ## Many units, few directions
#
# 32 numbers a step cannot be drawn. Principal components are the directions in which the states spread most. If two
# of them hold most of the spread, a picture in the plane is a fair one.
#
# ### Exercise 4.3 · Principal components
# Difficulty 3/5 · Importance 4/5 · 25 minutes · 4 points · four lines are enough
#
# From `states` (N, H) return `(projected, components, explained)`: `components` (k, H) are orthonormal rows, the
# direction of the largest spread first; `projected` (N, k) are the centred states along them; `explained` (k,) is
# each component's share of the variance of *all* of them. A component may point either way.
#
# NOTE: variance is the *square* of a singular value. And without subtracting the mean, the first component would
# only point at where the cloud is.

# %% solution="pca"
def pca(states, k):
    """Projections (N, k), components (k, H) and their shares of the variance (k,) of states (N, H)."""
    ### BEGIN SOLUTION
    centred = states - states.mean(axis=0)
    _, sizes, rows = np.linalg.svd(centred, full_matrices=False)
    return centred @ rows[:k].T, rows[:k], sizes[:k] ** 2 / (sizes**2).sum()
    ### END SOLUTION

# %% test="check_pca" points=4
check(pca)

# %% [markdown]
# Nobody tells the components about quotes and brackets. Will the three kinds of places lie apart in the plane: in
# the trained network, in the random one, in both, in neither?

# %%
guess = predict("…", "4 plane")

# %%
if ready(pca):
    shown = slice(0, 1500)
    kind = (rules["inside quotes"] + 2 * rules["inside brackets"]).astype(int)  # 0, 1 or 2
    panels, between = {}, {}
    for name, seen in networks.items():
        points, components, explained = pca(seen.cell[shown], 2)
        points = points * np.sign(components[:, :1].T)  # either way is right; this one is the same on every computer
        panels[name] = (points, explained)
        centres = np.array([points[kind[shown] == k].mean(axis=0) for k in range(3)])
        share = np.bincount(kind[shown]) / len(points)
        between[name] = share @ (centres**2).sum(axis=1) / points.var(axis=0).sum()
    told = "; ".join(f"{name}: {part:.0%} of the spread is between the three kinds" for name, part in between.items())
    guess.outcome(told)
    display(chart.state_space(panels, kind[shown], ("outside", "in quotes", "in brackets")))

# %% [markdown]
# **What a plane cannot say.** Two components are chosen for their spread, not for their use. A memory that makes
# small numbers is invisible here, and two clouds that overlap in the plane can be apart in the third direction.
#
# ## Which unit follows which rule?
#
# Now with a number: the correlation of every unit with a rule, over all characters of a text that the network has
# not been trained on.
#
# ### Exercise 4.4 · Rank the units
# Difficulty 2/5 · Importance 5/5 · 20 minutes · 3 points · six lines are enough
#
# `states` is (N, H), `signal` (N,) a rule. Return `(order, correlation)`: the correlation of each unit with the
# signal, signed, in the order of the units; and the units' numbers, the largest *absolute* correlation first. A unit
# that never changes gets 0.
#
# NOTE: a unit at −0.9 tells as much as one at +0.9. And the standard deviation of a constant such as 0.1 is not
# always computed as exactly 0.

# %% solution="rank_units"
def rank_units(states, signal):
    """Units by absolute correlation with the signal (N,), and the signed correlations, both (H,)."""
    ### BEGIN SOLUTION
    centred, rule = states - states.mean(axis=0), signal - signal.mean()
    varies = states.max(axis=0) > states.min(axis=0)
    size = np.sqrt((centred**2).sum(axis=0) * (rule**2).sum())
    correlation = np.where(varies, rule @ centred / np.where(varies, size, 1.0), 0.0)
    return np.argsort(-np.abs(correlation)), correlation
    ### END SOLUTION

# %% test="check_rank_units" points=3
check(rank_units)

# %% [markdown]
# Two things to compare with. The random network has 32 units, too, and its best one is the best of 32. And vowels
# alone tell something about quotes: the bar is what is known from the one character just read, with no memory at all.
# Which of the three rules will have a unit beyond both?

# %%
guess = predict("…", "4 ranking")

# %%
if ready(rank_units):
    found, no_memory = {}, {}
    for rule, signal in rules.items():
        found[rule] = {name: rank_units(seen.cell, signal)[1] for name, seen in networks.items()}
        no_memory[rule] = np.corrcoef(data.told_by_character(test_text, signal), signal)[0, 1]
    best = {rule: np.abs(r["trained"]).max() for rule, r in found.items()}
    assert best["inside quotes"] > 0.6
    guess.outcome("; ".join(f"{rule}: {r:.2f}, without memory {no_memory[rule]:.2f}" for rule, r in best.items()))
    display(chart.unit_correlations(found, no_memory))

# %% [markdown]
# **What a correlation cannot say.** A high one says that the unit and the rule go together. It does not say that the
# unit is *for* the rule; nor does a low one say that the network does not know it, since a rule can be spread over
# many units. For that there are probes.
#
# ## What can be read?
#
# A **probe** is a small model that is trained to read a rule from the states. A linear one is the usual choice: it
# can add units up and nothing more, so what it reads must lie there nearly ready.
#
# ### Exercise 4.5 · A linear probe
# Difficulty 3/5 · Importance 5/5 · 25 minutes · 4 points · six lines are enough
#
# Fit a ridge regression from `train_states` (N, H) to the one-hot labels Y (N, K) of `train_labels` (N,): the W
# (H, K) and b (K,) that minimise ‖X W + b − Y‖² + ridge ‖W‖². Return the label with the largest score for each row of
# `test_states` (M, H).
#
# NOTE: the intercept b is not penalised. If you subtract the training means of X and Y, it takes care of itself.
# Nothing at all may be computed from the test states but their scores.

# %% solution="linear_probe"
def linear_probe(train_states, train_labels, test_states, ridge=1e-3):
    """Labels (M,) of the test states, read by a ridge regression from the training states."""
    ### BEGIN SOLUTION
    classes = np.unique(train_labels)
    Y = (train_labels[:, None] == classes).astype(float)  # (N, K)
    mean_x, mean_y = train_states.mean(axis=0), Y.mean(axis=0)
    X = train_states - mean_x
    W = np.linalg.solve(X.T @ X + ridge * np.eye(X.shape[1]), X.T @ (Y - mean_y))  # (H, K)
    return classes[((test_states - mean_x) @ W + mean_y).argmax(axis=1)]
    ### END SOLUTION

# %% test="check_linear_probe" points=4
check(linear_probe)

# %% [markdown]
# A probe that is right at most characters sounds good, until one hears that most characters are outside quotes
# anyway. The fair comparison is the same probe where there is nothing to read.
#
# ### Exercise 4.6 · The control
# Difficulty 2/5 · Importance 5/5 · 15 minutes · 2 points · two lines are enough
#
# Train your probe on a random permutation of the training labels, and return the share of the *true* test labels
# that it gets right, as a float.
#
# NOTE: permute, do not draw anew: the shares of the classes have to stay. And `train_labels` belongs to the caller;
# `rng.shuffle` would shuffle it in place.

# %% solution="control_accuracy"
def control_accuracy(train_states, train_labels, test_states, test_labels, rng, ridge=1e-3):
    """Accuracy on the true test labels of a probe that was trained on shuffled labels."""
    ### BEGIN SOLUTION
    shuffled = rng.permutation(train_labels)
    return float(np.mean(linear_probe(train_states, shuffled, test_states, ridge) == test_labels))
    ### END SOLUTION

# %% test="check_control_accuracy" points=2
check(control_accuracy)

# %% [markdown]
# Now three rules, among them one that is of no use for anything: was the character *before* this one a vowel? Each
# is read from the trained network and from the random one. How much can be read from a network that has never
# learned anything?

# %%
guess = predict("…", "4 probe")

# %%
half = len(test_text) // 2
vowel = np.isin(list(test_text), list("aeou"))
questions = {
    "inside quotes": rules["inside quotes"].astype(int),
    "inside brackets": rules["inside brackets"].astype(int),
    "last but one a vowel": np.concatenate([[0], vowel[:-1]]).astype(int),
}
if ready(linear_probe, control_accuracy):
    print("can it be read?         trained   random weights   shuffled labels")
    read = {}
    for rule, labels in questions.items():
        for name, seen in networks.items():
            read[rule, name] = np.mean(linear_probe(seen.hidden[:half], labels[:half], seen.hidden[half:]) == labels[half:])
        parts = trained.hidden[:half], labels[:half], trained.hidden[half:], labels[half:]
        chance = control_accuracy(*parts, np.random.default_rng(0))
        assert chance < read[rule, "random weights"] < read[rule, "trained"]
        print(f"{rule:22s}{read[rule, 'trained']:9.2f}{read[rule, 'random weights']:17.2f}{chance:18.2f}")
    guess.outcome(f"inside quotes, from the network that never learned: {read['inside quotes', 'random weights']:.2f} right")

# %% [markdown]
# The random network is better than the control. It mixes the last few characters into its state, and the probe picks
# out what it needs; the learning was done by the probe. So the first number to compare with is not a half, and not
# even the shuffled control, but the network with random weights.
#
# **What a probe cannot say.** That something can be read does not mean that anybody reads it. To see what is used, one
# has to break it.
#
# ## What is used?
#
# ### Exercise 4.7 · Hold a unit still
# Difficulty 3/5 · Importance 5/5 · 20 minutes · 3 points · six lines are enough
#
# `step` maps (x, h), with h (B, H), to the next h. Return a step of the same kind in which `unit` is always `value`:
# in the state that goes in, and in the state that comes out. The caller's arrays stay as they were.
#
# NOTE: a recurrent unit acts on the *next* step. Clamped on the way out alone, the first state still slips through;
# clamped on the way in alone, whoever looks at the new state sees the unit alive.

# %% solution="ablate_unit"
def ablate_unit(step, unit, value=0.0):
    """A step like `step` in which one unit of the state is held at a value."""
    ### BEGIN SOLUTION
    def held(h):
        h = np.array(h)  # a copy
        h[:, unit] = value
        return h

    def ablated(x, h):
        return held(step(x, held(h)))

    return ablated
    ### END SOLUTION

# %% test="check_ablate_unit" points=3
check(ablate_unit)

# %% [markdown]
# A unit of the LSTM has two numbers, one in h and one in c. Both are held at their mean over the text: at zero, the
# network would be in a state that it has never known. Then the loss is measured, inside quotes and outside.

# %%
rows = states.encode(test_text, MARKED_ALPHABET)[:3801]
rows = np.stack([rows[i : i + 201] for i in range(0, 3800, 200)])  # (19, 201): each starts from zeros
quoted = rules["inside quotes"][:3800].reshape(19, 200) == 1
W_y, b_y = (weight.detach().numpy().astype(np.float64) for weight in model.readout.parameters())
means = np.hstack([trained.hidden.mean(axis=0), trained.cell.mean(axis=0)])  # (2H,)


def bits_without(units):
    """Bits per character (inside quotes, outside) while these units are held at their means."""
    step = lstm_step
    for unit in [*units, *(H + unit for unit in units)]:
        step = ablate_unit(step, unit, means[unit])
    hs = record_states(step, embedded(rows[:, :-1]), np.zeros((len(rows), 2 * H)))[:, :, :H]
    logits = hs @ W_y.T + b_y
    log_p = logits - np.log(np.exp(logits).sum(axis=2, keepdims=True))
    bits = -np.take_along_axis(log_p, rows[:, 1:, None], axis=2)[:, :, 0] / np.log(2)
    return np.array([bits[quoted].mean(), bits[~quoted].mean()])

# %% [markdown]
# The two units that follow the quotes best have nearly the same correlation. Will holding them still cost nearly the
# same?

# %%
guess = predict("…", "4 ablation")

# %%
if ready(record_states, rank_units, ablate_unit):
    order, follows = rank_units(trained.cell, rules["inside quotes"])
    whole = bits_without([])
    costs = {int(unit): bits_without([unit]) - whole for unit in order[:3]} | {int(order[-1]): bits_without([order[-1]]) - whole}
    print("held still   r with quotes   more bits inside quotes   more bits outside")
    for unit, (inside, outside) in costs.items():
        print(f"unit {unit:2d}      {follows[unit]:+13.2f}   {inside:+23.2f}   {outside:+17.2f}")
    one, two = (costs[int(unit)][0] for unit in order[:2])
    guess.outcome(f"inside quotes, {one:+.2f} bits without the first and {two:+.2f} without the second")

# %% [markdown]
# Beside each other: what a probe reads of the quotes from each of these units alone, and what the network loses
# without it.

# %%
if ready(record_states, rank_units, linear_probe, control_accuracy, ablate_unit):
    labels, table = questions["inside quotes"], {}
    for unit, (inside, _) in costs.items():
        alone = trained.cell[:, [unit]]
        table[f"unit {unit}"] = (np.mean(linear_probe(alone[:half], labels[:half], alone[half:]) == labels[half:]), inside)
    rng = np.random.default_rng(0)
    chance = control_accuracy(trained.cell[:half], labels[:half], trained.cell[half:], labels[half:], rng)
    display(chart.read_and_used(table, chance))

# %% [markdown]
# **Readable is not used.** A unit from which the quotes can be read may cost next to nothing when it is held still:
# another one carries the same, or nobody listens to it.
#
# **What an ablation cannot say.** That a unit is *not needed* is not proven by a small cost: if two units carry the
# same, either one can be missed. And a large cost may come from a state that the network has never met, whatever the
# unit means.
#
# ## Which characters does an answer rest on?
#
# The gradient of an answer with respect to each input says how much the answer would change if that input changed a
# little. One row an answer, one column an input: a map of influence.
#
# ### Exercise 4.8 · Connectivity
# Difficulty 4/5 · Importance 4/5 · 30 minutes · 4 points · eight lines are enough
#
# `model` maps x (1, T, D) to logits (1, T, K), all in torch; `x` is (T, D). Return a tensor (T, T) in which entry
# [t, s] is the Euclidean norm, over D, of the gradient of the *largest* logit at step t with respect to `x[s]`.
#
# NOTE: `backward()` adds to a gradient that is already there. `torch.autograd.grad` starts from nothing each time; it
# needs `retain_graph=True`, because all rows share one forward pass. The caller's `x` stays without a gradient.

# %% solution="connectivity"
def connectivity(model, x):
    """How much the largest logit at each step rests on each input: norms of gradients, (T, T)."""
    ### BEGIN SOLUTION
    x = x.detach().clone().requires_grad_()
    best = model(x[None])[0].max(dim=1).values  # (T,)
    rows = [torch.autograd.grad(answer, x, retain_graph=True)[0] for answer in best]  # (T, D) each
    return torch.stack(rows).norm(dim=2)
    ### END SOLUTION

# %% test="check_connectivity" points=4
check(connectivity)

# %% [markdown]
# A network that reads from left to right cannot know what comes later. What does that mean for the upper right half
# of the map: small numbers, or none? And how far to the left will influence reach, with training and without?

# %%
guess = predict("…", "4 connectivity")

# %%
if ready(connectivity):
    piece = seen_text[19:67]
    maps = {}
    for name, net in (("trained", model), ("random weights", control)):
        x = net.embedding.weight.detach()[states.encode(piece, MARKED_ALPHABET)]
        maps[name] = connectivity(states.logits_of(net), x).numpy()
    later = max(np.abs(np.triu(each, 1)).max() for each in maps.values())
    assert later == 0
    reach = {name: np.mean([(row[:t] > 0.01 * row.max()).sum() for t, row in enumerate(each)]) for name, each in maps.items()}
    told = "; ".join(f"{name}: {steps:.0f} earlier characters with 1 % and more" for name, steps in reach.items())
    guess.outcome(f"later characters: exactly {later:.0f}. {told}")
    display(chart.connectivity_maps(maps, piece))

# %% [markdown]
# Look for columns that are bright far down: characters that many later answers rest on. Which characters are they?
#
# **What a gradient cannot say.** It speaks of *small* changes. A gate that is shut or wide open hardly reacts to one,
# so a mark that decides everything can have a small gradient. And an influence is not a reason: it does not say what
# the character was used for.
#
# ## Where does it rest?
#
# How can a list of numbers hold a memory at all? Take a smaller task, in which the answer is known. Two channels
# get rare pulses, +1 or −1, and the network has to say which pulse came last in each. This is the **flip-flop** with
# two bits: four things to remember.

# %%
rng = np.random.default_rng(0)
latch = models.Follower(2, 2, hidden=32, kind="rnn", rng=rng)
models.fit(
    latch,
    models.fresh(lambda rng: data.flip_flop(rng, 64, 30), batches=20),
    models.follow_loss,
    models.Settings(epochs=15, learning_rate=5e-3, schedule="cosine"),
)
x, y = data.flip_flop(np.random.default_rng(5), 64, 40)
with torch.no_grad():
    answers = latch(torch.from_numpy(x.astype(np.float32)))[0].numpy()
right = np.mean((np.sign(answers) == y).all(axis=2))
assert right > 0.9
print(f"both bits right at {right:.1%} of all steps; {np.mean((x != 0).any(axis=2)):.0%} of the steps have a pulse")

# %% [markdown]
# While no pulse comes, the same step is applied again and again. To remember, the state must stay where it is: it has
# to be at a **fixed point**, step(h) = h. There are four answers to hold. How many fixed points will the network
# have?

# %%
guess = predict("…", "4 fixed points")

# %% [markdown]
# Running the network finds only points that attract. To find all, minimise how fast the state moves.
#
# ### Exercise 4.9 · Find the fixed points
# Difficulty 4/5 · Importance 4/5 · 35 minutes · 4 points · fifteen lines are enough
#
# `step` maps states (N, H) to states (N, H), in torch. From `starts` (N, H), minimise the speed ½ ‖step(h) − h‖² of
# every row with `torch.optim.Adam` at this learning rate, for `iterations` steps. Keep the rows that end with a speed
# below `tolerance`, leave out those nearer than 0.05 to one that you have kept, and return the others, (M, H). If
# there is none, return (0, H).
#
# NOTE: every row has a search of its own, so the loss is the *sum* over the rows. And many starts end at the same
# point: that is one point, not many.

# %% solution="find_fixed_points"
def find_fixed_points(step, starts, iterations, learning_rate, tolerance=1e-6):
    """Distinct states (M, H) that the step leaves where they are."""
    ### BEGIN SOLUTION
    def speed(h):
        return 0.5 * ((step(h) - h) ** 2).sum(dim=1)  # (N,)

    h = starts.detach().clone().requires_grad_()
    optimizer = torch.optim.Adam([h], lr=learning_rate)
    for _ in range(iterations):
        optimizer.zero_grad()
        speed(h).sum().backward()
        optimizer.step()
    kept = h.detach()[:0]  # (0, H)
    for row in h.detach()[speed(h.detach()) < tolerance]:
        if ((kept - row).norm(dim=1) >= 0.05).all():
            kept = torch.cat([kept, row[None]])
    return kept
    ### END SOLUTION

# %% test="check_find_fixed_points" points=4
check(find_fixed_points)

# %% [markdown]
# A ball at the bottom of a bowl and a ball on the top of a hill both rest. They differ when pushed. A small push d
# becomes J d after one step, where J is the matrix of derivatives. Along an eigenvector it grows if the eigenvalue's
# absolute value is above 1.
#
# ### Exercise 4.10 · The Jacobian of a step
# Difficulty 3/5 · Importance 4/5 · 20 minutes · 3 points · four lines are enough
#
# `step` maps a state (H,) to a state (H,), in torch. Return J (H, H) at `h` (H,): J[i, j] is the derivative of entry
# i of the new state with respect to entry j of the old one.
#
# NOTE: one call of autograd gives one *row*: everything that acts on new entry i. Stacked the other way round, the
# matrix is transposed.

# %% solution="jacobian"
def jacobian(step, h):
    """J (H, H) with J[i, j] = ∂ step(h)_i / ∂ h_j."""
    ### BEGIN SOLUTION
    h = h.detach().clone().requires_grad_()
    new = step(h)
    rows = [torch.autograd.grad(entry, h, retain_graph=True)[0] for entry in new]
    return torch.stack(rows)
    ### END SOLUTION

# %% test="check_jacobian" points=3
check(jacobian)

# %% [markdown]
# First a system whose truth is known: two units that do not touch each other, h′ = tanh(2 h). Each has three fixed
# points: 0 and two others. So there are 3 · 3 = 9 together, and since the slope of tanh(2 h) is 2 at 0 and below 1 at
# the others, 4 attract, 4 are saddles (they attract in one direction and repel in the other), 1 repels in both.

# %%
def kinds(step, points):
    """Attractor, saddle or repeller, for points (M, H) of a step (N, H) -> (N, H)."""
    grows = [np.abs(np.linalg.eigvals(jacobian(lambda h: step(h[None])[0], point).numpy())) > 1 for point in points]
    return [("attractor", "saddle", "repeller")[min(int(each.sum()), 2)] for each in grows]


def counted(kinds):
    return ", ".join(f"{kinds.count(kind)} {kind}" for kind in ("attractor", "saddle", "repeller"))


if ready(find_fixed_points, jacobian):
    starts = torch.from_numpy(np.random.default_rng(0).uniform(-1.2, 1.2, size=(200, 2)))
    known = find_fixed_points(lambda h: torch.tanh(2 * h), starts, 400, 0.02)
    known_kinds = kinds(lambda h: torch.tanh(2 * h), known)
    assert (len(known), known_kinds.count("attractor"), known_kinds.count("repeller")) == (9, 4, 1)
    print(f"h' = tanh(2 h): {len(known)} points: {counted(known_kinds)}")

# %% [markdown]
# And now the network that you trained, with 32 units and no input. The search starts between states that the network
# was in.

# %%
visited = states.record(latch.recurrent, x).hidden.reshape(-1, 32)
some = np.random.default_rng(1)
pairs = visited[some.integers(len(visited), size=(2, 300))]  # (2, 300, 32)
starts = torch.from_numpy((pairs[0] + some.random((300, 1)) * (pairs[1] - pairs[0])).astype(np.float32))

if ready(find_fixed_points, jacobian):
    step = states.resting_step(latch.recurrent)
    points = find_fixed_points(step, starts, 600, 0.05)
    point_kinds = kinds(step, points)
    with torch.no_grad():
        held = np.sign(latch.readout(points).numpy())[[kind == "attractor" for kind in point_kinds]]
    assert (len(points), counted(point_kinds)) == (9, "4 attractor, 4 saddle, 1 repeller")
    print("the attractors answer", ", ".join(f"({a:+.0f}, {b:+.0f})" for a, b in sorted(held.tolist())))
    guess.outcome(f"{len(points)} points: {counted(point_kinds)}")

# %%
if ready(find_fixed_points, jacobian, pca):
    flat, axes, explained = pca(visited, 2)
    turn = np.sign(axes[:, :1].T)  # (1, 2), as above
    there = (points.numpy() - visited.mean(axis=0)) @ axes.T
    display(chart.resting_points(flat[:400] * turn, there * turn, point_kinds, explained))

# %% [markdown]
# Four attractors, one for each thing to remember. Between two of them a saddle: it is on the border, where the state
# falls to one side or to the other. A pulse is what takes the state over the border. The network has built the nine
# points of two independent switches, in 32 units that are all connected.
#
# And the control: has an untrained network of the same size any place to keep a memory?

# %%
if ready(find_fixed_points, jacobian):
    blank = models.Follower(2, 2, hidden=32, kind="rnn", rng=np.random.default_rng(7))
    random_step = states.resting_step(blank.recurrent)
    few = find_fixed_points(random_step, starts, 600, 0.05)
    print(f"random weights: {len(few)} point(s): {counted(kinds(random_step, few))}")

# %% [markdown]
# **What fixed points cannot say.** They describe the network while the input stays the same. A network that reads
# text never gets the same input for long, and its memory need not rest: it can go round. And a search finds the
# points near its starts; that there are no others is not proven.
#
# ## Break it
#
# A blog post shows a "vowel cell" and a "quote cell" in a network that, by mistake, had **never been trained**. The
# numbers are right, the code runs. Before you run it: what is wrong with the claim?

# %%
def best_cell(net, text):
    """The unit that follows the quotes best in this text, and its correlation."""
    signal = data.mark_rules(text)["inside quotes"]
    r = states.rank_units(states.record_text(net, text, MARKED_ALPHABET).cell, signal)[1]
    return int(np.abs(r).argmax()), r


print("network   best unit   r in the post's text   r of the same unit in a longer text")
for seed in range(4):
    net = network(100 + seed)
    unit, r = best_cell(net, seen_text[90:150])
    print(f"{seed:7d}   {unit:9d}   {r[unit]:+20.2f}   {best_cell(net, test_text)[1][unit]:+35.2f}")

# %% [markdown]
# <details><summary>Show what is wrong</summary>
#
# The text has 60 characters, with very few changes between inside and outside, and the unit is the best of 32. So the
# post reports the largest of 32 numbers that all spread widely by chance, and it reports it on the very text on which
# the unit was chosen. On other text the same unit falls back. Three habits protect you: choose on one text and report
# on another; compare with the best unit of a network with random weights, not with zero; and take a text in which the
# rule changes many times.
#
# </details>
#
# ## Recap
#
# - Recording is a loop and a copy. Whoever forgets the copy records the last state T times.
# - **Seen**: pictures give ideas. A unit that fits can be found in any network if one looks long enough.
# - **Readable**: a probe says what lies in the states. Compare it with shuffled labels *and* with random weights.
# - **Used**: only an ablation says what the network needs. It holds a unit still in what is carried.
# - The map of gradients shows what an answer rests on; in a causal network nothing rests on the future, exactly.
# - A memory that lasts is a place to rest. Two bits need four attractors, and the saddles between them are the borders.

# %%
progress(4)

# %% [markdown]
# ## Quiz
#
# Think of an answer, then open.
#
# ### Question 1 · All entries of your recording are equal. What happened?
#
# <details><summary>The network has forgotten everything</summary>No. Then the states would become alike with time; they would not be equal from the first one on.</details>
# <details><summary>The step returns the same array each time, and it was kept without a copy</summary>Yes. The list holds T references to one array, which shows the last state.</details>
# <details><summary>The input was constant</summary>No. From a first state of zeros, even a constant input gives states that change for a while.</details>
#
# ### Question 2 · A probe reads "inside quotes" with accuracy 0.82. What do you ask first?
#
# <details><summary>Whether a deeper probe reads it better</summary>No. A deeper probe can learn more by itself, and then says even less about the network.</details>
# <details><summary>What it reads from a network with random weights, and how often the commonest answer is right</summary>Yes. Both can be near 0.82 without anything having been learned.</details>
# <details><summary>Whether the training loss of the probe is small</summary>No. It was made to be small. What counts are states that the probe has not seen.</details>
#
# ### Question 3 · A unit follows the quotes with r = −0.85. What does the sign mean?
#
# <details><summary>The unit works against the rule</summary>No. It is low inside quotes and high outside, and tells exactly as much.</details>
# <details><summary>Nothing: those who read the unit can have a negative weight</summary>Yes. That is why units are ranked by the absolute value.</details>
# <details><summary>The unit has not been trained long enough</summary>No. With another seed it could have the other sign after the same training.</details>
#
# ### Question 4 · Holding a unit still costs nothing. Is it useless?
#
# <details><summary>Yes, it can be removed</summary>No. Perhaps another unit carries the same. Hold both still before you decide.</details>
# <details><summary>Perhaps; another unit may carry the same, or the text did not need it</summary>Yes. An ablation shows what is needed on this text, given all other units.</details>
# <details><summary>No, its correlation shows that it is used</summary>No. A correlation shows what goes together, not what is used.</details>
#
# ### Question 5 · An attractor, a saddle, a repeller: at which of them can a network keep a memory in spite of noise?
#
# <details><summary>At all three: the state does not move there</summary>No. At a saddle and at a repeller the smallest push grows from step to step.</details>
# <details><summary>At the attractor</summary>Yes. All eigenvalues are below 1 in absolute value, so every small push dies away.</details>
# <details><summary>At the saddle, since it attracts and repels</summary>No. It attracts in some directions, and along the others the state leaves. It is the border between two memories.</details>
#
# ### Question 6 · In the map of influence, one entry above the diagonal is 0.0001. What follows?
#
# <details><summary>Rounding: it is nearly 0</summary>No. There is no path from a later input to an earlier answer, so the gradient is exactly 0, not nearly.</details>
# <details><summary>The model looks ahead, by a wrong mask or a second direction</summary>Yes. However small, it is a path that should not be there; its loss is not to be trusted.</details>
# <details><summary>The network needs more training</summary>No. Training changes how strong a path is, not whether there is one.</details>
#
# ## Where to go next
#
# The next notebook, *Transformers*, has no state that must hold everything: it looks back at all characters, at every
# step. Your `connectivity` works there unchanged, on the same text, beside the attention weights; and so does
# `states.record_modules`, which records any module of any torch model.
#
# **Sources.** Quote cells and saturation: Karpathy, Johnson and Fei-Fei, 2015. Probes: Alain and Bengio, 2016;
# controls: Hewitt and Liang, 2019. Connectivity: Madsen, Distill, 2019. Fixed points and the flip-flop: Sussillo and
# Barak, 2013.
#
# **Credits.** The text with marks and the pulses are simulated by this course.
