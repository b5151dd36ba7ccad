# %% [markdown]
# # What is the network remembering?
#
# A trained network is a table of numbers, and while it reads, its state is another one. People have found single
# numbers in it that seem to know whether a quotation mark is open. Is that so, and what does it prove? In this
# notebook you train a network in seconds, look into it in six ways, and learn for each of them what it shows and
# what it does not.
#
# **After it you can**
#
# - **record** every state of a network, and **show** what a unit does with a text;
# - **find** the unit that follows a rule, and **tell** a finding from luck by a network with random weights;
# - **separate** what can be read from a state from what the network uses: probe, control, ablation;
# - **measure** how far back an output looks;
# - **locate** the states in which a network rests, and **explain** by them how it holds a memory.
#
# **Time:** about 300 minutes, best over three sittings (pauses fit after exercises 4.4 and 4.7).
#
# **You need:** the LSTM of notebook 3, with its gates and its two states; from notebook 2, that autograd gives
# gradients; bits per character from notebook 1.

# %% locked="imports"
import numpy as np
import torch
from IPython.display import display

from rnncourse import check, data, models, plots, predict, progress, ready, states
from rnncourse import hint  # noqa: F401 - for you: hint("4.1")
from rnncourse.cells.counting import counting_bits
from rnncourse.cells.language_model import consecutive_batches
from rnncourse.data.spelling import ALPHABET

# %% [markdown]
# ## A text with marks that matter
#
# In real text it is hard to say what a network *should* remember. So here is one whose rules are known. Plain words
# are made of the syllables **la, me, ki, ro**, in any order. Three marks change what is written:
#
# - inside **quotes** people speak a dialect: every vowel moves on by one, le, mi, ko, ru;
# - inside **brackets** a syllable is turned round: al, em, ik, or;
# - a **line** breaks before the word that would make it longer than 20 characters.

# %%
text, test = (data.dialects(np.random.default_rng(seed), length) for seed, length in ((0, 45_000), (1, 12_000)))
ids, test_ids = states.encode(text, ALPHABET), states.encode(test, ALPHABET)
print(test[:240])

# %% [markdown]
# After an l, which vowel comes? That depends on a quotation mark which may stand forty characters back. A model that
# counts sees only a few characters. How many bits per character will it need with 2, 3, 4 characters, and how many
# will a small LSTM need?

# %%
guess = predict("…", "4 bits")


# %%
def fresh(seed):
    """A character LSTM of 32 units with random weights; its gates are set for memories of up to 80 steps."""
    model = models.CharacterModel(len(ALPHABET), hidden=32, kind="lstm", rng=np.random.default_rng(seed))
    models.start_from(model.recurrent, np.random.default_rng(seed), longest=80)
    return model


def taught(seed):
    """The same network after 36 passes over the text, the state carried from piece to piece."""
    model, batches = fresh(seed), models.consecutive(consecutive_batches(ids, B=32, T=50))
    settings = models.Settings(epochs=36, learning_rate=0.03, schedule="cosine", seed=seed)
    models.fit(model, batches, models.stream_loss, settings)
    return model


def surprise(logits, targets):
    """Bits (B, T) that the targets (B, T) cost under logits (B, T, V)."""
    z = logits - logits.max(axis=-1, keepdims=True)
    log_p = np.take_along_axis(z, targets[..., None], axis=-1)[..., 0] - np.log(np.exp(z).sum(axis=-1))
    return -log_p / np.log(2)

# %%
model, blank = taught(0), fresh(0)
recording, idle = states.record(model, test_ids), states.record(blank, test_ids)
counted = [counting_bits(ids, test_ids, len(ALPHABET), order) for order in (3, 4, 5)]
trained, random = (surprise(each.output[:, :-1], test_ids[None, 1:]).mean() for each in (recording, idle))
print(f"guessing          {np.log2(len(ALPHABET)):.2f} bits per character")
print(f"random weights    {random:.2f}")
print(f"counting 2, 3, 4  {', '.join(f'{bits:.2f}' for bits in counted)}")
print(f"trained LSTM      {trained:.2f}")
assert trained < min(counted) - 0.2
guess.outcome(f"counting {min(counted):.2f} at best, the trained LSTM {trained:.2f}")

# %% [markdown]
# The trained network knows more than the last few characters. `blank` is the same network before its training. It
# stands beside every result from here on, as a **control**: what you also find in random weights was not learned.
#
# ## Get the states out
#
# Two things make recording harder than it looks. A step may **write into the array that it was given**, and it may
# hand you **the same array every time** with new numbers in it. Fast code does both.
#
# ### Exercise 4.1 · Record every state
# Difficulty 2/5 · Importance 5/5 · 15 minutes · 2 points · five lines are enough
#
# `step(x_t, h)` takes one input (B, D) and a state (B, H) and returns the next state (B, H). `x` is (B, T, D), `h0`
# (B, H). Return all states, (B, T, H): `hs[:, t]` is the state after step t.
#
# NOTE: the step may write into the state that you hand to it, and it may return the same array at each call. `x` and
# `h0` must be what they were.

# %% solution="record_states"
def record_states(step, x, h0):
    """Every state (B, T, H) of a step over inputs x (B, T, D), starting from h0 (B, H)."""
    ### BEGIN SOLUTION
    h, hs = h0.copy(), []
    for t in range(x.shape[1]):
        h = step(x[:, t], h)  # (B, H)
        hs.append(h.copy())
    return np.stack(hs, axis=1)  # (B, T, H)
    ### END SOLUTION

# %% test="check_record_states" points=2
check(record_states)

# %% [markdown]
# Now record the trained LSTM with your loop. Its hidden state h and its cell state c, 32 numbers each, stand side by
# side in one state of 64 numbers. Will your recording agree with what torch computed: exactly, to 5 digits, to 2?

# %%
guess = predict("…", "4 recording")


# %%
def remembered(model, ids, change=lambda step: step):
    """Hidden and cell states, each (B, T, H), over ids (B, T), by your record_states; `change` may alter the step."""
    step = change(states.as_step(model.recurrent))
    x = model.embedding(torch.from_numpy(ids)).detach().numpy().astype(float)
    start = np.zeros((len(ids), 2 * model.recurrent.hidden_size))
    return np.split(np.asarray(record_states(step, x, start)), 2, axis=2)

# %%
if ready(record_states):
    h, c = remembered(model, test_ids[None, :2000])
    with torch.no_grad():
        theirs = model.recurrent(model.embedding(torch.from_numpy(test_ids[None, :2000])))[0].numpy()
    print("recorded", h.shape, "hidden and", c.shape, "cell states")
    assert np.abs(h - theirs).max() < 1e-5 and np.abs(c - recording.cell[:, :2000]).max() < 1e-9
    guess.outcome("to 5 digits and better: torch computes in float32, your loop in float64")

# %% [markdown]
# ## How do the gates stand?
#
# The gates of an LSTM lie between 0 and 1. A forget gate that is nearly always open belongs to a unit that keeps
# something for long. One that is nearly always shut belongs to a unit that lives for the moment. How often does each
# gate stand near an end?
#
# ### Exercise 4.2 · Saturation
# Difficulty 1/5 · Importance 4/5 · 10 minutes · 3 points · one line is enough
#
# `gate` is (N, H), N steps of H units. Return two arrays (H,): the share of the steps at which each unit's gate is
# below `low`, and the share at which it is above `high`.
#
# NOTE: shares, not counts, and one number a **unit**.

# %% solution="gate_saturation"
def gate_saturation(gate, low=0.1, high=0.9):
    """Shares (H,) of the steps at which each unit's gate is nearly shut, and nearly open."""
    ### BEGIN SOLUTION
    return (gate < low).mean(axis=0), (gate > high).mean(axis=0)
    ### END SOLUTION

# %% test="check_gate_saturation" points=3
check(gate_saturation)

# %% [markdown]
# Each dot below will be one gate of one unit. In which corner do you expect the forget gates of the trained network,
# and where those of the random one?

# %%
guess = predict("…", "4 gates")

# %%
if ready(gate_saturation):
    networks = {}
    for title, each in (("trained", recording), ("random weights", idle)):
        networks[title] = {name: gate_saturation(each.gates[name][0]) for name in ("input", "forget", "output")}
    display(plots.saturation(networks))
    shut, opened = (np.mean(share) for share in networks["trained"]["forget"])
    guess.outcome(f"trained: nearly open {opened:.0%} of the time, nearly shut {shut:.0%}; random: see the right panel")

# %% [markdown]
# **Caveat.** Where a gate stands says how it *was used* on this text. It does not say what the unit is for. And the
# random network has open forget gates, too, because its biases were set so: training did not put them there.
#
# The same gates tell how long a unit remembers, by the half-life of notebook 3, exercise 3.10.

# %%
lives = {title: states.half_life(each.gates["forget"]) for title, each in (("trained", recording), ("random weights", idle))}
plots.half_life_histogram(lives, ("a line", 20))

# %% [markdown]
# ## A map of the states
#
# A state of 32 numbers is a point in a space of 32 dimensions. **Principal components** are the directions along
# which the points are spread most. Two of them make a map.
#
# ### Exercise 4.3 · Principal components
# Difficulty 3/5 · Importance 4/5 · 25 minutes · 4 points · four lines are enough
#
# `states` is (N, H). Return `(projected, components, explained)`: the states on the map, (N, k); the directions as
# rows of length 1 at right angles to each other, (k, H); the share of the total variance along each, (k,). Largest
# first.
#
# NOTE: subtract the mean first, or the first direction points at the mean. A direction has no sign: d and −d are
# both right. `np.linalg.svd` gives singular values, and the variance goes with their **squares**.

# %% solution="pca"
def pca(states, k):
    """Projections (N, k), components (k, H) and shares of the variance (k,) of states (N, H)."""
    ### BEGIN SOLUTION
    centred = states - states.mean(axis=0)
    _, sizes, rows = np.linalg.svd(centred, full_matrices=False)
    return centred @ rows[:k].T, rows[:k], sizes[:k] ** 2 / (sizes**2).sum()
    ### END SOLUTION

# %% test="check_pca" points=4
check(pca)

# %% [markdown]
# Each point below is a hidden state, marked by where in the text the network was: in plain text, in quotes, in
# brackets, in both. Will the four kinds lie apart on the map of the trained network? And on that of the random one? As
# a measure, take the share of the map's variance that lies *between* the means of the four kinds.

# %%
guess = predict("…", "4 map")

# %%
place = (states.inside(test) + 2 * states.depth(test)).astype(int)[500:1700]  # 0 plain, 1 quoted, 2 in brackets, 3 both


def between(points, labels):
    """Share of the variance of points (N, 2) that lies between the means of the kinds."""
    means = np.array([points[labels == kind].mean(axis=0) for kind in range(4)])[labels]  # (N, 2)
    return means.var(axis=0).sum() / points.var(axis=0).sum()


if ready(pca):
    panels = {}
    for title, each in (("trained", recording), ("random weights", idle)):
        projected, _, explained = (np.asarray(part) for part in pca(each.hidden[0, 500:1700], 2))
        panels[title] = (projected, place, explained)
    display(plots.trajectories(panels, ("plain", "quoted", "brackets", "both")))
    share = [between(points, place) for points, _, _ in panels.values()]
    guess.outcome(f"between the four kinds lie {share[0]:.0%} of the map's variance; {share[1]:.0%} with random weights")

# %% [markdown]
# **Caveat.** A map of two dimensions shows what is *large*, and large is not the same as important. What lies on top
# of each other here may be far apart in the other thirty dimensions: further down you will see how well the trained
# network keeps the four kinds apart.
#
# ## Is there a cell for quotes?
#
# Now the famous question. A **rule** is a signal that the text itself gives, one number a character: 1 inside quotes
# and 0 outside; 1 inside brackets; how many characters the line has so far. Write the rules down **before** you
# look, and then ask of every unit how it goes with each rule.
#
# ### Exercise 4.4 · Rank the units
# Difficulty 2/5 · Importance 5/5 · 20 minutes · 3 points · five lines are enough
#
# `states` is (N, H), `signal` (N,). Return `(order, correlation)`: `correlation` (H,) is the correlation of each unit
# with the signal, with its sign, in the order of the units; `order` (H,) holds the units from the strongest
# correlation of **either sign** to the weakest.
#
# NOTE: a unit that never changes has no correlation; give it 0. Its standard deviation need not come out as exactly
# 0: the mean of many 0.1 is not always 0.1.

# %% solution="rank_units"
def rank_units(states, signal):
    """Units from the strongest correlation with the signal to the weakest, and the correlations, both (H,)."""
    ### BEGIN SOLUTION
    a, b = states - states.mean(axis=0), signal - signal.mean()  # (N, H), (N,)
    alive = np.ptp(states, axis=0) > 0  # (H,)
    size = np.sqrt((a**2).sum(axis=0) * (b**2).sum())
    correlation = np.where(alive, b @ a / np.where(alive, size, 1.0), 0.0)
    return np.argsort(-np.abs(correlation)), correlation
    ### END SOLUTION

# %% test="check_rank_units" points=3
check(rank_units)

# %% [markdown]
# The strongest of 32 units always looks good: it was picked for that. So the random network gets the same pick, and
# so do the 14 characters themselves, each as a signal that is 1 where it stands. How strong will the best unit be for
# each rule, trained and random?

# %%
guess = predict("…", "4 quote cell")

# %%
rules = {"quotes": states.inside, "brackets": states.depth, "line position": states.line_position}
best = {rule: int(states.rank_units(recording.cell[0], signal(test))[0][0]) for rule, signal in rules.items()}
if ready(rank_units):
    groups, one_hot = {}, np.eye(len(ALPHABET))[test_ids]  # (N, V)
    print("best |r|        trained   random weights   a character")
    for rule, signal in rules.items():
        r = [np.asarray(rank_units(each, signal(test))[1]) for each in (recording.cell[0], idle.cell[0], one_hot)]
        groups[rule] = {"trained": r[0], "random weights": r[1]}
        print(f"{rule:15s}  {'            '.join(f'{np.abs(each).max():.2f}' for each in r)}")
    display(plots.correlations_by_rank(groups))
    found = np.abs(groups["quotes"]["trained"]).max()
    assert found >= 0.6
    guess.outcome(f"a quote cell of |r| {found:.2f}; random weights reach {np.abs(groups['quotes']['random weights']).max():.2f}")

# %% [markdown]
# Nobody asked for a quote cell. The training asked for the next character, and remembering the mark pays. But why is
# the random network not at 0? Its slow units add up whatever they read, a quotation mark as well. And slow signals
# agree by luck more easily than quick ones: quotes change only every forty characters or so, so even a long text
# holds few independent cases.
#
# ### Look at it
#
# Here is the unit that follows the quotes best, over the first lines of the test text. It was chosen by the whole
# text. Where does it jump?

# %%
excerpt = 240
view = plots.StateView(test[:excerpt], recording.cell[0, :excerpt], rules, unit=best["quotes"])
view

# %% [markdown]
# And the best unit of the random network, as the control:

# %%
luckiest = int(states.rank_units(idle.cell[0], states.inside(test))[0][0])
plots.StateView(test[:excerpt], idle.cell[0, :excerpt], rules, unit=luckiest)

# %% [markdown]
# Now look for yourself. Move through the units and the characters with the sliders, and let the page name the units
# that follow a rule best. In JupyterLab you can also **type**: what does the unit do with a quotation mark that is
# never closed? With a word that the network has never seen? (Its alphabet has 14 characters; others are refused.)

# %% tags=["live"]
view.live(model, ALPHABET)

# %% [markdown]
# **Caveat.** A text coloured by one unit convinces at once, and proves little. Thirty-two units were searched. A
# unit can follow a rule on this text and another rule on the next. And that a unit *follows* a rule does not say
# that anything in the network *listens* to it.
#
# Does the cell come back if you train again, from other random weights? And is it the same unit?

# %% tags=["demo"]
for seed in (1, 2):
    again = states.record(taught(seed), test_ids)
    order, r = states.rank_units(again.cell[0], states.inside(test))
    print(f"start {seed}: unit {order[0]:2d} follows the quotes with r = {r[order[0]]:+.2f}")

# %% [markdown]
# A quote cell again, but another unit, and perhaps of the other sign. A number of a unit means nothing outside its
# network.
#
# ## What can be read?
#
# A rule may be spread over many units, so that no single one shows it. A **probe** looks at all of them: a linear map
# from states to labels, fitted on one part of the text and tested on another. Yours is a ridge regression on one-hot
# labels: it minimises ‖XW + b − Y‖² + ridge ‖W‖².
#
# ### Exercise 4.5 · A linear probe
# Difficulty 3/5 · Importance 5/5 · 25 minutes · 4 points · six lines are enough
#
# `train_states` is (N, H), `train_labels` (N,) whole numbers, `test_states` (M, H). Return the labels (M,) that the
# probe gives the test states: the class with the largest score.
#
# NOTE: the intercept b is **not** penalised. Centre X and Y by the means of the *training* part, and it takes care of
# itself. Labels may have gaps, such as 2, 5, 9: `np.unique` lists the classes.

# %% solution="linear_probe"
def linear_probe(train_states, train_labels, test_states, ridge=1e-3):
    """Labels (M,) that a ridge regression on one-hot labels gives the test states (M, H)."""
    ### BEGIN SOLUTION
    classes = np.unique(train_labels)
    y = (train_labels[:, None] == classes).astype(float)  # (N, K)
    mean_x, mean_y = train_states.mean(axis=0), y.mean(axis=0)
    x = train_states - mean_x
    W = np.linalg.solve(x.T @ x + ridge * np.eye(x.shape[1]), x.T @ (y - mean_y))  # (H, K)
    return classes[((test_states - mean_x) @ W + mean_y).argmax(axis=1)]
    ### END SOLUTION

# %% test="check_linear_probe" points=4
check(linear_probe)

# %% [markdown]
# A probe of 90 % impresses until you know what it takes to get there. Labels that are uneven give a good score for
# nothing, and so does a probe with many weights on little data. The control: the same probe, the same states, but the
# training labels dealt out **at random**. It can learn nothing but the shares of the classes.
#
# ### Exercise 4.6 · The control
# Difficulty 2/5 · Importance 5/5 · 15 minutes · 2 points · two lines are enough
#
# Return the share of right answers, from 0 to 1, of your `linear_probe` on the *true* `test_labels` when its training
# labels were permuted by `rng`.
#
# NOTE: permute, do not draw anew, so that each class keeps its share. And leave the caller's labels as they are.

# %% solution="control_accuracy"
def control_accuracy(train_states, train_labels, test_states, test_labels, rng, ridge=1e-3):
    """Share right on the true test labels of a probe that was trained on permuted labels."""
    ### BEGIN SOLUTION
    shuffled = rng.permutation(train_labels)
    return float(np.mean(linear_probe(train_states, shuffled, test_states, ridge) == test_labels))
    ### END SOLUTION

# %% test="check_control_accuracy" points=2
check(control_accuracy)

# %% [markdown]
# Three questions to the state:
#
# - Are we in **quotes**? In **brackets**? The network needs both.
# - What was **the consonant before the last one**? Syllables are drawn independently, so for the next character this
#   is worth *nothing*, and we know it.
#
# Who will answer them: the trained network, the random one, the current character alone? Which question can the
# trained network not answer?

# %%
guess = predict("…", "4 probe")


# %%
def consonant_before(text):
    """For each character, which consonant was the last but one so far (0 to 3; 0 at the very beginning)."""
    last, before, told = 0, 0, []
    for character in text:
        if character in "lmkr":
            last, before = "lmkr".index(character), last
        told.append(before)
    return np.array(told)


questions = {"in quotes": states.inside(test).astype(int), "in brackets": states.depth(test).astype(int),
             "consonant before": consonant_before(test)}
sources = {"trained": np.hstack([recording.hidden[0], recording.cell[0]]),
           "random": np.hstack([idle.hidden[0], idle.cell[0]]), "character": np.eye(len(ALPHABET))[test_ids]}

# %%
if ready(linear_probe, control_accuracy):
    half, answers = len(test) // 2, {}
    print(f"{'share right':18s} {'trained':>9s} {'random':>9s} {'character':>10s} {'control':>9s}")
    for question, labels in questions.items():
        right = [np.mean(linear_probe(x[:half], labels[:half], x[half:]) == labels[half:]) for x in sources.values()]
        x, rng = sources["trained"], np.random.default_rng(0)
        control = control_accuracy(x[:half], labels[:half], x[half:], labels[half:], rng)
        answers[question] = right
        print(f"{question:18s} {right[0]:9.2f} {right[1]:9.2f} {right[2]:10.2f} {control:9.2f}")
    useless = answers["consonant before"]
    guess.outcome(f"the consonant that nobody needs: trained {useless[0]:.2f}, random weights {useless[1]:.2f}")

# %% [markdown]
# **Readable is not learned, and readable is not used.** A network with random weights mixes its past into its state,
# and a linear map can take much of it out again. And what nobody needs can be read better than by chance, with or
# without training. A probe says what *you* can get out of the state. What the network gets out of it is another
# question.
#
# ## What is used?
#
# Take a unit out, and see what fails. To **ablate** a unit is to hold it at one value: in the state that goes into a
# step, so that no other unit hears it, and in the state that comes out, so that neither the read-out nor the next
# step does.
#
# ### Exercise 4.7 · Take a unit out
# Difficulty 3/5 · Importance 5/5 · 20 minutes · 3 points · six lines are enough
#
# `step(x, h)` returns the next state (B, H). Return a **function** of the same kind in which `unit` is clamped to
# `value`, in the state that goes in and in the one that comes out.
#
# NOTE: clamp copies. The caller's state must stay as it was.

# %% solution="ablate_unit"
def ablate_unit(step, unit, value=0.0):
    """A step(x, h) in which one unit of the state (B, H) is held at a value, before and after."""
    ### BEGIN SOLUTION
    def clamped(h):
        h = np.array(h)  # a copy
        h[:, unit] = value
        return h

    return lambda x, h: clamped(step(x, clamped(h)))
    ### END SOLUTION

# %% test="check_ablate_unit" points=3
check(ablate_unit)

# %% [markdown]
# At which value should a unit be held? At 0 it may stand where it never stood, and the network is lost for that
# reason alone. Its **mean** is a value that the network knows. (An LSTM shows only h to the others; with h held, the
# unit's c is not heard by anyone.)
#
# Three kinds of places show what is missing: vowels outside brackets, which follow from the consonant and the quotes;
# consonants inside brackets, which follow from the vowel and the quotes; and the choice between a space and a line
# break. You take out the quote cell. Where will it hurt? And the cell for the line position?

# %%
guess = predict("…", "4 ablation")

# %%
B, T, warm = 24, 500, 60  # the text in 24 rows; the first 60 characters of a row only fill the memory
rows, following = test_ids.reshape(B, T)[:, :-1], test_ids.reshape(B, T)[:, 1:]
character, deep = np.array(list(test)).reshape(B, T)[:, 1:], states.depth(test).reshape(B, T)[:, :-1]
places = {"vowels": np.isin(character, list("aeiou")) & (deep == 0),
          "turned syllables": np.isin(character, list("lmkr")) & (deep > 0),
          "line breaks": np.isin(character, [" ", "\n"])}
W_out, b_out = (each.detach().numpy().astype(float) for each in model.readout.parameters())


def cost(change=lambda step: step):
    """Bits (B, T) that each character costs when the step is changed."""
    return surprise(remembered(model, rows, change)[0] @ W_out.T + b_out, following)


def lost(change, whole):
    """Bits lost by a change, mean over each kind of place, after the warm-up."""
    more = (cost(change) - whole)[:, warm:]
    return {kind: float(more[where[:, warm:]].mean()) for kind, where in places.items()}

# %%
if ready(record_states, ablate_unit):
    whole, means = cost(), recording.hidden[0].mean(axis=0)
    without = {u: lost(lambda step, u=u: ablate_unit(step, u, means[u]), whole) for u in range(32)}
    shown = {f"{rule}: unit {unit}": without[unit] for rule, unit in best.items()}
    bystander = min(without, key=lambda u: sum(without[u].values()))
    display(plots.damage(shown | {f"least missed: unit {bystander}": without[bystander]}, "what each unit is missed for"))
    said = [f"{rule}: {max(without[unit], key=without[unit].get)}" for rule, unit in best.items()]
    guess.outcome("the largest damage without the best cell for " + ", ".join(said))

# %% [markdown]
# Does the damage fit the rule that each unit follows? A unit can follow one rule and be used for another, if the two go
# together often enough. No correlation tells that.
#
# Now set both measures against each other, one dot a unit: how well the quotes can be *read* from it, and what its
# loss *costs* at the vowels. If reading told about use, the dots would lie on a rising line. Do they?

# %%
guess = predict("…", "4 read and used")

# %%
if ready(record_states, ablate_unit):
    r = states.rank_units(recording.cell[0], states.inside(test))[1]
    vowels = np.array([without[u]["vowels"] for u in range(32)])
    most, unheard = int(vowels.argmax()), int(np.argmax(np.abs(r) - 2 * np.abs(vowels)))
    display(plots.read_and_used(r, vowels, "quotes", sorted({most, unheard})))
    guess.outcome(f"the most missed, unit {most}, costs {vowels[most]:.2f} bits, with |r| {abs(r[most]):.2f}; "
                  f"unit {unheard} follows the quotes with |r| {abs(r[unheard]):.2f} and costs {vowels[unheard]:.2f} bits")

# %% [markdown]
# **Caveat.** Ablation has blind spots of its own. If two units hold the same thing, taking out either costs little,
# and both look useless. And a unit that is held at its mean still is a state that the network has not been trained
# for. In the random network nothing is used at all: it costs as much as guessing, with or without any unit, although
# a probe can read from it.
#
# ## How far back does an output look?
#
# The gradient of an output with respect to an input says how much the output would change if that input changed a
# little. One row for each output, one column for each input: a map of who listens to whom.
#
# ### Exercise 4.8 · Connectivity
# Difficulty 4/5 · Importance 4/5 · 30 minutes · 4 points · seven lines are enough
#
# `model` maps a torch tensor (1, T, D) to logits (1, T, K); `x` is (T, D). Return an array (T, T): entry [t, s] is
# the norm, over the D features, of the gradient of the **largest logit at step t** with respect to x at step s.
#
# NOTE: in a causal network nothing above the diagonal depends on anything, and it comes out as exactly 0 by itself.
# Do not force it: the check has a network that looks ahead. Gradients add up in `.grad`; `torch.autograd.grad` gives
# them fresh. And leave `requires_grad` of the caller's tensor alone.

# %% solution="connectivity"
def connectivity(model, x):
    """Norms (T, T) of the gradients of the largest logit at each step (row) by each input (column)."""
    ### BEGIN SOLUTION
    given = x.detach().clone().requires_grad_(True)
    best = model(given[None])[0].max(dim=-1).values  # (T,)
    rows = [torch.autograd.grad(one, given, retain_graph=True)[0].norm(dim=1) for one in best]
    return torch.stack(rows)  # (T, T)
    ### END SOLUTION

# %% test="check_connectivity" points=4
check(connectivity)

# %% [markdown]
# Characters have no gradient, but their embeddings do. Below is the map for a piece with a quotation mark in it.
# Which column do you expect to be bright all the way down? And how far back will the random network look?

# %%
guess = predict("…", "4 connectivity")

# %%
start = test.index('"', 100) - 4
piece = test_ids[start : start + 24]  # the mark is its fifth character
if ready(connectivity):
    maps = {}
    for title, each in (("trained", model), ("random weights", blank)):
        read, x = states.reader_of_embeddings(each, piece)
        maps[title] = np.stack([np.asarray(row) for row in connectivity(read, x)])
    print("largest entry above the diagonal:", max(np.triu(one, 1).max() for one in maps.values()))
    display(plots.connectivity_map(maps, test[start : start + 24]))
    later = maps["trained"][8:]  # outputs four characters and more after the mark
    rank = (later > later[:, [4]]).sum(axis=1).mean()
    guess.outcome(f"for later outputs, on average {rank:.1f} inputs have a larger gradient than the mark")

# %% [markdown]
# Is the mark of so little weight, then? Do not ask for a small change; make a large one. Put a space where the mark
# was, and see what the next characters cost.

# %%
without_mark = piece.copy()
without_mark[4] = ALPHABET.index(" ")
for title, each in (("trained", model), ("random weights", blank)):
    costs = [surprise(states.record(each, one).output[:, 5:-1], piece[None, 6:]).mean() for one in (piece, without_mark)]
    print(f"{title}: {costs[0]:.2f} bits per character after the mark, {costs[1]:.2f} without it")

# %% [markdown]
# **Caveat.** A gradient is about a *small* change. Where a gate is saturated, the slope is nearly 0, although a large
# change may turn the output over. So a dark column does not mean that nobody listens. And the random network has
# bright columns, too: it hears everything, and makes nothing of it.
#
# ## Where does a memory rest?
#
# How can a loop of numbers hold something for as long as it takes? Take the purest memory task there is, the
# **flip-flop**: now and then a pulse of +1 or −1 comes in, on either of two channels, and the output must be the sign
# of each channel's last pulse. A vanilla RNN of 32 tanh units learns it in seconds.

# %%
rng = np.random.default_rng(0)
pulses, wanted = data.flip_flop(rng, 400, 40, bits=2, chance=0.15)  # (400, 40, 2) each
tracker, untaught = (models.Tracker(2, 2, hidden=32, rng=np.random.default_rng(0)) for _ in range(2))
errors = models.train(tracker, pulses, np.full(400, 40), wanted, rng=rng, epochs=30, learning_rate=0.01)
print(f"mean squared error: {errors[0]:.3f} in the first epoch, {errors[-1]:.4f} in the last; answering 0 costs 1")

# %% [markdown]
# Between two pulses the input is 0, and the state goes its own way: h, step(h), step(step(h)), … A state that stays
# where it is, step(h) = h, is a **fixed point**. With two signs to remember, how many fixed points will this network
# have?

# %%
guess = predict("…", "4 fixed points")

# %% [markdown]
# You cannot find all of them by letting the network run: it only ever comes to rest where it is **pulled in**. A ball
# on a hilltop is at rest as well. So minimise the speed instead, q(h) = ½ ‖step(h) − h‖², by descent, from many
# starts.
#
# ### Exercise 4.9 · Find fixed points
# Difficulty 4/5 · Importance 4/5 · 35 minutes · 4 points · twelve lines are enough
#
# `step` maps states (N, H) to states (N, H) in torch, `starts` is (N, H). Minimise q of each row with
# `torch.optim.Adam` at this `learning_rate`, for so many `iterations`. Keep the rows that end with q below
# `tolerance`, and of points nearer than 0.05 to each other only one. Return the points, (M, H), in any order.
#
# NOTE: rows that have not arrived are no fixed points. If none is left, return an empty tensor of shape (0, H). And
# Adam moves what you give it: give it a copy.

# %% solution="find_fixed_points"
def find_fixed_points(step, starts, iterations, learning_rate, tolerance=1e-6):
    """Fixed points (M, H) of a step, found from starts (N, H) by minimising the speed."""
    ### BEGIN SOLUTION
    def speed(h):
        return 0.5 * (step(h) - h).square().sum(dim=1)  # (N,)

    h = starts.detach().clone().requires_grad_(True)
    optimizer = torch.optim.Adam([h], lr=learning_rate)
    for _ in range(iterations):
        optimizer.zero_grad()
        speed(h).sum().backward()
        optimizer.step()
    points = []
    for end in h.detach()[speed(h).detach() < tolerance]:
        if all((end - point).norm() >= 0.05 for point in points):
            points.append(end)
    return torch.stack(points) if points else h.detach()[:0]
    ### END SOLUTION

# %% test="check_find_fixed_points" points=4
check(find_fixed_points)

# %% [markdown]
# A point at rest may pull its neighbours in or let them go. Close to it, the step is a matrix: the **Jacobian**, J[i,
# j] = ∂step_i / ∂h_j. A small distance d becomes J d. Directions in which J stretches, with an eigenvalue larger than
# 1, lead away; in all others the distance shrinks.
#
# ### Exercise 4.10 · The Jacobian
# Difficulty 3/5 · Importance 4/5 · 20 minutes · 3 points · four lines are enough
#
# `step` maps a state (H,) to a state (H,) in torch. Return J (H, H) at `h`, by one gradient a row. (torch has a
# function for it; write it with `torch.autograd.grad`.)
#
# NOTE: row i belongs to the unit i that comes **out**. Leave `requires_grad` of the caller's `h` alone.

# %% solution="jacobian"
def jacobian(step, h):
    """J (H, H), how unit i of the next state changes with unit j of h (H,)."""
    ### BEGIN SOLUTION
    given = h.detach().clone().requires_grad_(True)
    new = step(given)  # (H,)
    return torch.stack([torch.autograd.grad(one, given, retain_graph=True)[0] for one in new])
    ### END SOLUTION

# %% test="check_jacobian" points=3
check(jacobian)

# %%
def resting(network, seed=0):
    """Fixed points (M, 32) without input, how many directions let go of each, and the states that were passed."""
    rng, step = np.random.default_rng(seed), states.torch_step(network.recurrent)
    passed = states.record(network, pulses[:40]).hidden  # (40, 40, 32)
    one, other = passed.reshape(-1, 32)[rng.integers(1600, size=(2, 200))]
    share = rng.uniform(0, 1, (200, 1))  # starts lie between two states: saddles do, too
    starts = torch.from_numpy(share * one + (1 - share) * other + rng.normal(0, 0.05, one.shape))
    with models.one_thread():
        points = torch.as_tensor(find_fixed_points(step, starts, 600, 0.02, 1e-7))
        unstable = [states.unstable_directions(torch.as_tensor(jacobian(step, point))) for point in points]
    return points, np.array(unstable, dtype=int), passed

# %%
if ready(find_fixed_points, jacobian):
    panels = {}
    for title, network in (("trained", tracker), ("random weights", untaught)):
        points, unstable, passed = resting(network)
        _, plane, _ = states.pca(passed.reshape(-1, 32))
        middle = passed.mean(axis=(0, 1))
        panels[title] = ((points.numpy() - middle) @ plane.T, unstable, (passed[:12] - middle) @ plane.T)
        print(f"{title}: {len(points)} fixed points; directions that let go: {sorted(unstable.tolist())}")
        if network is tracker:
            signs = np.sign(network.readout(points.float()).detach().numpy()[unstable == 0])
            assert sorted(unstable.tolist()) == [0] * 4 + [1] * 4 + [2] and len(np.unique(signs, axis=0)) == 4
    display(plots.resting_states(panels))
    guess.outcome("nine: four that attract, one for each pair of signs; four saddles between them; one in the middle")

# %% [markdown]
# The four **attractors** are the memory: one place of rest for each of the four things to remember, and a small
# disturbance is pulled back. Between two of them lies a **saddle**, with one direction that lets go. That is the
# ridge over which a pulse has to push the state. In the middle one point lets go in both directions. The random
# network has a single place of rest: whatever you tell it, it forgets.
#
# **Caveat.** A search proves that points are there. It does not prove that no other ones are. And this picture holds
# for an input of 0: a network that reads text never rests, because every character moves its fixed points.
#
# ## Break it
#
# Here is a script as one finds it, to search for cells in networks that predict the next character. With it, its
# author looked into your trained network, and concluded that no unit follows the line position well. Your own ranking
# says otherwise. **Something is wrong with the instrument.** A way to test any instrument is to show it something that
# you *planted*: here, a cell that is the rule itself. What should the script say of it? What does it say?

# %%
def published(cells, text, rule):
    """Correlation of every cell with a rule; cells (N, H) were recorded while the text was read."""
    inputs, targets = text[:-1], text[1:]  # a language model: each character is to be predicted from those before
    signal = rule(targets)
    return states.rank_units(cells[: len(inputs)], signal)[1]

# %%
for rule, signal in rules.items():
    planted = signal(test)[:, None]  # (N, 1), a cell that is the rule itself
    print(f"{rule:14s} planted cell: r = {published(planted, test, signal)[0]:.3f}; "
          f"best real one: {np.abs(published(recording.cell[0], test, signal)).max():.3f}")

# %% [markdown]
# <details><summary>Show what is wrong</summary>
#
# The planted cell should get 1 and does not. The rule is taken from the **targets**, which are one character ahead:
# the state after character t is compared with the rule at character t + 1. Quotes and brackets change seldom, so one
# step costs them little. The position in a line falls from its largest value to 0 within one step, and there the
# states are compared with the wrong end. And a rule that is computed anew on a text without its first character starts
# from a wrong count if that character was a mark. The mend: `signal = rule(text)[: len(inputs)]`.
#
# Nothing crashed, and two of the three numbers looked fine. Two habits find such errors: test with something planted,
# whose answer you know, and shift the signal by one step each way to see where the correlation is largest.
#
# </details>
#
# ## Recap
#
# - Record copies. A step may write into its arrays.
# - Each view answers one question. Gates: how long? Map: what is large? Correlation: which unit follows? Probe: what
#   can be read? Ablation: what is used? Gradient: what would a small change do? Fixed points: where does it rest?
# - Beside every finding belongs the same search in random weights. Some of what you find is always there.
# - Readable is not used. Used is not always readable in one unit.
# - A memory that lasts is a set of attractors, with a ridge between them.
# - Test your instrument with something planted.

# %%
progress(4)

# %% [markdown]
# ## Quiz
#
# Think of an answer, then open.
#
# ### Question 1 · A probe reads the gender of a noun from a network with 92 % accuracy. What follows?
#
# <details><summary>The network uses the gender to predict</summary>No. A probe shows what can be read. Use is shown by taking it out.</details>
# <details><summary>Nothing yet: you need a control and a network with random weights</summary>Yes. Uneven labels, many weights and random mixing can each give a high score.</details>
# <details><summary>There is a gender unit</summary>No. A probe reads from all units together; no single one need show it.</details>
#
# ### Question 2 · You take out the unit with the largest correlation, and the loss stays the same. What do you conclude?
#
# <details><summary>The correlation was computed wrongly</summary>No. A unit can follow a rule without being needed: nobody may listen to it.</details>
# <details><summary>The network does not know the rule</summary>No. Others may hold it as well, and one of them is enough.</details>
# <details><summary>This unit alone is not needed</summary>Yes. Take out several together before you say more.</details>
#
# ### Question 3 · Two of three runs show the cell at unit 7, the third at unit 21. What is the matter?
#
# <details><summary>The third run failed</summary>No. It found the rule as well, in another place.</details>
# <details><summary>Nothing: units have no fixed role</summary>Yes. Shuffle the units of a network together with their weights, and it computes the same.</details>
# <details><summary>Unit 7 is the better place for it</summary>No. The numbering is arbitrary; two of three is luck.</details>
#
# ### Question 4 · Your connectivity map has entries above the diagonal. The network should be causal. What now?
#
# <details><summary>Set them to zero, they are rounding</summary>No. In a causal network they are exactly 0. You would hide a leak.</details>
# <details><summary>Look for what sees the future: a bidirectional layer, a missing mask, a normalisation over time</summary>Yes. The map is a test for exactly that.</details>
# <details><summary>The map is transposed</summary>Possible, and quickly checked; but then the part below the diagonal would be empty.</details>
#
# ### Question 5 · You let a network run without input from a thousand starts and find four places of rest. How many fixed points does it have?
#
# <details><summary>Four</summary>No. Running finds those that attract, and only those.</details>
# <details><summary>At least four</summary>Yes. Saddles and hilltops rest, too, but nobody arrives there by running.</details>
# <details><summary>Nine</summary>Not necessarily. That was the count of one network on one task.</details>
#
# ## Where to go next
#
# A recurrent network has to squeeze its past into one state, and you have seen what it does with it. The next
# notebook, *Transformers*, lets the network look back at all of the past instead. You will lay its attention beside
# your connectivity map, on the same text: two ways to ask who listens to whom.
#
# **Sources.** Cells that follow quotes, lines and brackets, and saturation of gates: Karpathy, Johnson and Fei-Fei,
# 2015. Probes with control tasks: Hewitt and Liang, 2019. That readable is not used: Elazar, Ravfogel, Jacovi and
# Goldberg, 2021. Fixed points and the flip-flop: Sussillo and Barak, 2013. Connectivity by gradients: Madsen, 2019.
#
# **Credits.** The text in dialects and the pulses: simulated by this course.
