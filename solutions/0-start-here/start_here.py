# %% [markdown]
# # Start here: how this course works, and what a recurrent network is
#
# **20 minutes · not graded** · the tables are there to come back to
#
# After this notebook you can
#
# - **use** a check, a hint and your progress table to find out what is wrong with a piece of code
# - **predict** what a cell will do before you run it, and compare
# - **read** the shapes and letters that the rest of the course is written in
# - **explain** how a hidden state carries memory, with a network small enough to do by hand
# - **decide** when a recurrent network is worth a try, and name the claims that you will test later
#
# **What you need:** Python with functions and loops, and a first idea of NumPy arrays and their shapes. You need no
# graphics card and no internet connection.

# %% locked="imports"
import numpy as np

from rnncourse import check, hint, predict, progress
from rnncourse.plots import broadcasting, input_output_shapes, memory_trace, models_in_time, recurrent_network

# %% [markdown]
# Run a cell with <kbd>Shift</kbd>+<kbd>Enter</kbd>. **Run → Run All Cells** is safe at any time: a cell that waits
# for your answer says so and lets the next one run.
#
# ## How you find out whether you are right
#
# You will write functions. A **check** calls your function on fresh data and compares what it gives with what it
# should give. If something differs, the check says what, where and, when it recognises the mistake, why.
#
# ### A check that fails
#
# A running mean answers, after every number, "what is the mean of everything so far?". Here is a first try. It is
# wrong on purpose. Read it, guess what is wrong, then run the cell and read the card.

# %%
def running_mean(series):
    """Mean of everything seen so far, one for each element of series (T,)."""
    return np.cumsum(series) / len(series)


check(running_mean)

# %% [markdown]
# A card has three states: **passed**, **not yet** and **not started**. On a *not yet*, read from the top: the first
# line that is about shapes or values tells you where to look, and "likely cause" compares your result with mistakes
# that others made before.
#
# ### Exercise 0.1 · A running mean
# Difficulty 1/5 · Importance 5/5 · 5 minutes · not graded · one line is enough
#
# Now write it so that it passes. `series` is (T,), and so is the result: element `t` is the mean of `series[0]` to
# `series[t]`, that last one included. Do not change `series` itself.
#
# NOTE: the first mean is over one number, not over none.
#
# Replace `raise NotImplementedError()` by your own line.

# %% solution="running_mean"
def running_mean(series):
    """Mean of everything seen so far, one for each element of series (T,)."""
    ### BEGIN SOLUTION
    return np.cumsum(series) / np.arange(1, len(series) + 1)  # (T,)
    ### END SOLUTION

# %% [markdown]
# Stuck? Each run of the next cell shows one more hint: first a question, then a place to look, then the same idea in
# another problem. Each exercise has three hints, and asking costs nothing.

# %%
hint("0.1")

# %%
check(running_mean)

# %% [markdown]
# There is another way to write it that keeps only two numbers, the last mean and a counter, and updates them as each
# element arrives. Those two numbers are a **memory**: they hold all that the next step needs to know about the past.
# A recurrent network does the same, but it *learns* what to keep.
#
# What you have solved is kept in a small file on your own computer. Nothing is sent anywhere.

# %%
progress(0)

# %% [markdown]
# ## The letters and shapes of this course
#
# Every array in the course has its axes in the same order: batch, then time, then feature. Six letters name their
# sizes.
#
# | letter | size of | for example |
# |---|---|---|
# | B | batch | how many sequences are worked on at once |
# | T | time | how many steps a sequence has |
# | D | features | how many numbers come in at one step |
# | H | hidden units | how many numbers the network keeps in memory |
# | K | classes | how many answers it can choose from |
# | V | vocabulary | how many different characters or words there are |
#
# | name in code | shape | meaning |
# |---|---|---|
# | `x` | (B, T, D) | input sequences; `x[:, t]` is one step, (B, D) |
# | `h`, `hs` | (B, H), (B, T, H) | the hidden state now; the hidden states of all steps |
# | `c`, `cs` | (B, H), (B, T, H) | the cell state of an LSTM, in the same way |
# | `W_xh`, `W_hh`, `b` | (D, H), (H, H), (H,) | weights from input to hidden, from hidden to hidden, and the bias |
# | `logits` | (B, T, K) | one score for each class at each step, before any softmax |
# | `lengths` | (B,) | how many steps of each sequence are real |
# | `mask` | (B, T) | **True = a real step**, False = padding; in attention, True = may look |
#
# Gates are stored side by side in PyTorch's order: **i, f, g, o** in an LSTM (input, forget, candidate, output) and
# **r, z, n** in a GRU (reset, update, candidate). Formulas count steps from 1, with h<sub>0</sub> before the first; code
# counts from 0.
#
# ### Rows here, columns in the papers
#
# Papers mostly write the hidden state as one column and put the weights in front of it. This course keeps one *row*
# for each sequence of a batch, so the weights stand behind.
#
# | one column, as in papers | a batch of rows, as in this course |
# |---|---|
# | h<sub>t</sub> = tanh(W<sub>hh</sub> h<sub>t−1</sub> + W<sub>xh</sub> x<sub>t</sub> + b<sub>h</sub>) | `np.tanh(x @ W_xh + h @ W_hh + b)` |
# | h<sub>t</sub> has shape (H,) | `h` has shape (B, H) |
#
# Both say the same: a matrix in one convention is the transpose of that in the other. One line shows it for a hidden
# state of three units.

# %%
rng = np.random.default_rng(0)
W, h = rng.normal(size=(3, 3)), rng.normal(size=3)
print("column, weights in front:", (W @ h).round(3))
print("row, weights behind:     ", (h @ W.T).round(3))

# %% [markdown]
# ### When shapes differ: broadcasting
#
# `h @ W_hh` has a row for each sequence, (B, H), and the bias `b` has only one row, (H,). How can they be added?

# %%
broadcasting(B=3, H=4)

# %% [markdown]
# NumPy reads `b` as one row and uses it again for every row of the batch. This is called **broadcasting**, and it is
# what we want here. It can also go wrong without a word, as the next cell shows. First commit a prediction: write it
# between the quotes and run.
#
# Three predictions are kept in a column, (3, 1). The three true values lie flat, (3,). Every prediction is *exactly
# right*. What will the mean squared error be?

# %%
error_guess = predict("…", "mean squared error")

# %%
predicted = np.array([[1.0], [2.0], [3.0]])  # (3, 1)
true = np.array([1.0, 2.0, 3.0])  # (3,)
difference = predicted - true
error = np.mean(difference**2)

# %%
error_guess.outcome(f"The error is {error:.2f}, because the difference has shape {difference.shape}.")

# %% [markdown]
# The flat array was read as a row and the column was repeated beside it, so every prediction met every true value. No
# error was raised. In training, such a loss still falls a little, and the network learns to give the same answer to
# everyone.
#
# Two habits protect you: give both sides the same shape before you subtract, and write the shape you expect at the
# end of the line. All code in this course does: `# (B, T, D)`.
#
# ## What a recurrent network is
#
# Most networks see each input alone. Show them the second *l* of "hello" and they cannot know how many came before.
# What does a network need so that it can?

# %%
recurrent_network("hell", "ello")

# %% [markdown]
# Four components, numbered in the picture:
#
# 1. **Sequential input.** The sequence enters one element at a time, in order.
# 2. **Hidden state.** A handful of numbers, updated at every step from the new element and from what they were
#    before. This is the memory.
# 3. **Feedback loop.** The hidden state of one step goes into the next step. Without this arrow there is no memory.
# 4. **Prediction.** At any step an answer can be read from the hidden state, and so from all that has been read so
#    far.
#
# Look at the weights in the unrolled picture: the same W<sub>xh</sub> and W<sub>hh</sub> stand at every step. Five features
# follow from this design:
#
# - **Variable length.** The loop runs as often as there are elements. Five words or fifty need no other network.
# - **Memory.** The hidden state lasts from step to step.
# - **Shared parameters.** A longer sequence needs no more weights, and what is learned at one place serves at all
#   others.
# - **Different input and output sizes.** You choose at which steps something enters and at which an answer is read.
# - **Dependence on time.** What comes out depends on what came before, and on its order.
#
# What can be fed and read at which step?

# %%
input_output_shapes()

# %% [markdown]
# ## A lamp that remembers
#
# A network with a single hidden unit and two weights is enough to see memory at work. Its input is a button: `+1`
# presses "on", `-1` presses "off", and `0` is a step in which nobody touches it. Its hidden state is the lamp: bright
# near 1, dark near −1, and near 0 it knows nothing. Nobody trains it here: we set the two weights by hand.

# %%
def lamp(presses, w_in=5.0, w_back=3.0):
    """Hidden state after each step (T,), for presses (T,): a network with one unit and two weights."""
    state = 0.0
    brightness = []
    for press in presses:  # 1 sequential input
        state = np.tanh(w_in * press + w_back * state)  # 2 hidden state, 3 feedback loop
        brightness.append(state)  # 4 read a prediction from it
    return np.array(brightness)  # (T,)


presses = np.zeros(40)  # (T,)
presses[4], presses[25] = +1, -1  # "on" at the fifth step, "off" at the 26th

# %% [markdown]
# The weight `w_back` carries the state from one step to the next. Take three lamps with `w_back` 3, 0.9 and 0. "On"
# is pressed once, and then nothing happens for twenty steps. Which of the three still know it?

# %%
lamp_guess = predict("…", "lamp")

# %%
states = {f"w_back = {weight}": lamp(presses, w_back=weight) for weight in (3, 0.9, 0)}
memory_trace(presses, states, "Pressed on, then off. Only one lamp keeps its state in between.")

# %%
after = ", ".join(f"{name}: {series[24]:.2f}" for name, series in states.items())
lamp_guess.outcome(f"Twenty steps after the press the states are {after}.")

# %% [markdown]
# - With no way back, the lamp answers the press and forgets it at once. This is a network without a loop.
# - With a weak way back, the memory fades a little at every step. Plain recurrent networks often end up so; step 2
#   measures how fast.
# - With a strong way back, the state holds itself until someone presses again. The gates of an LSTM make this easy to
#   learn; step 3 builds them.
#
# The same two weights serve any length, and the order of the presses decides what the lamp knows at the end.

# %%
for length in (4, 40, 4000):
    once = np.zeros(length)
    once[0] = 1.0
    print(f"{length:>4} steps, 2 weights: the lamp ends at {lamp(once)[-1]:+.2f}")
print(f"first on, then off:      the lamp ends at {lamp([1, 0, -1, 0])[-1]:+.2f}")
print(f"first off, then on:      the lamp ends at {lamp([-1, 0, 1, 0])[-1]:+.2f}")

# %% [markdown]
# ## Break it
#
# Someone else wrote the lamp below. It has the right weights and runs without an error, and yet it forgets a press
# as soon as the button is let go. Run it, look at the picture, and find the line. What would you change?

# %%
def broken_lamp(presses, w_in=5.0, w_back=3.0):
    state = 0.0
    brightness = []
    for press in presses:
        new_state = np.tanh(w_in * press + w_back * state)
        brightness.append(new_state)
    return np.array(brightness)  # (T,)


memory_trace(presses, {"lamp": lamp(presses), "broken lamp": broken_lamp(presses)})

# %% [markdown]
# <details><summary>Show what is wrong</summary>
#
# The new state is stored but never carried over: `state` keeps its first value, 0, at every step. The feedback loop
# is cut, although `w_back` stands in the formula. The mend is one line at the end of the loop: `state = new_state`.
#
# This is among the most common mistakes in hand-written recurrent networks, because shapes and types all look right.
# The checks of step 2 look for it by name.
#
# </details>
#
# ## A map of the variants
#
# Which kinds of networks came out of this idea, and when did another idea overtake it?

# %%
models_in_time()

# %% [markdown]
# - **Vanilla RNN**: the formula above and nothing more. What it learns about distant steps tends to fade: its
#   *gradients vanish*.
# - **LSTM**: adds a cell state beside the hidden state and three gates. The forget gate decides what to drop, the
#   input gate what to add, the output gate what to show.
# - **GRU**: one state only. A single update gate does the work of the forget and the input gate, so it has fewer
#   weights.
# - **Bidirectional**: two networks, one from the front and one from the back. It must see the end before it can
#   answer the first step, so it cannot run on a live stream.
#
# ### Four rules to be tested
#
# Which one should you take? Introductions often give these four rules. Here they are claims. Step 3 tests each by
# measurement.
#
# | if … | the rule says | how step 3 tests it |
# |---|---|---|
# | sequences are short and only the last few steps matter | vanilla RNN | equal size, short and long gaps |
# | sequences are long and something far back matters | LSTM | tasks in which the needed fact lies far back |
# | training must be faster at about the same quality | GRU | seconds and quality at equal size |
# | what comes later matters as much as what came before | bidirectional | spoken vowels, read one way and both ways |
#
# ### Where Transformers took over, and where loops stay
#
# A loop has to finish one step before it can start the next. That makes training on long texts slow, and whatever the
# far past had to say must pass through every step in between. A Transformer drops the loop: each step looks directly
# at all earlier ones, and all steps are computed at once. For large models of text this won, and training became
# steadier too.
#
# There is a price. A Transformer keeps what it has seen in order to look at it again, so its memory grows with the
# text. A loop keeps a state of fixed size, however long the stream. Where data arrives piece by piece, or the device
# is small, loops are still a good choice. Newer designs such as minGRU and state-space models bring the loop back in
# a form that can be trained for all steps at once. In step 5 you measure both sides.
#
# ## Where recurrent networks are used
#
# Each application has a lab of its own, which you can do in any order after step 3.
#
# | application | known from | lab |
# |---|---|---|
# | writing text, completing sentences | Smart Compose in Gmail | lab-text-generation |
# | translating | early neural versions of Google Translate | lab-translation |
# | telling the mood of a text | customer reviews, posts | lab-sentiment |
# | holding a conversation | chatbots that must recall what was said | lab-chatbot |
# | recognising speech | voice assistants such as Siri, Alexa and Google Assistant | lab-speech |
# | forecasting prices | trading and economics; the lab asks whether it works at all | lab-finance |
# | watching patients | vital signs, course of an illness, alarms | lab-health |
# | watching machines and energy use | sensors, early signs of failure, consumption | lab-iot |
#
# ## Good habits and traps, and where you will measure them
#
# | habit | why | measured in |
# |---|---|---|
# | use these networks for sequences only | if order tells nothing, a smaller model does as well | step 1, the shuffle test |
# | scale the inputs | large raw values slow training or break it | step 1, raw against scaled |
# | start with something smaller | a baseline tells what the network is worth | step 1, counting characters; then every step |
# | clip the gradients | one huge step can destroy a trained network | step 2, with and without |
# | look at the hidden states | they show what is kept and what is lost | step 4, all of it |
#
# | trap | what happens | measured in |
# |---|---|---|
# | data without order | you pay for a memory that has nothing to do | step 1, the shuffle test |
# | times and series left as they came | different scales drown the signal; the future leaks into training | step 1, splits and scaling |
# | too little context | the answer lies further back than the network can see | step 1, length of context; step 2, truncation |
# | forgetting about vanishing gradients | distant causes are never learned | step 2, gradients by distance; step 3, the cure |
# | expecting results at once | training takes long and moves in jumps | step 2, learning curves; step 5, seconds |
#
# Before all of these stands one question: **does the order of my data matter?** Step 1 turns it into an experiment.
#
# ## Recap
#
# - A check tells you what, where and, if it can, why. Hints come one at a time. Predictions come before running.
# - Axes are batch, time, feature. Rows are sequences. True in a mask means a real step.
# - Broadcasting helps with a bias and harms with a column against a flat array.
# - A recurrent network has four components: sequential input, hidden state, feedback loop, prediction.
# - Whether it remembers depends on its weights: the same loop can hold, fade or forget.
#
# ## Quiz
#
# Choose one answer to each question, then open it to see whether it is right and why. Opening the others is worth it
# too.
#
# ### Question 1 · `x` has shape (8, 20, 3). What is `x[:, 5]`?
#
# <details><summary>The fifth sequence, (20, 3)</summary>No. The first axis is the batch, and the colon takes all of it. One sequence would be <code>x[5]</code>.</details>
# <details><summary>One step of every sequence, (8, 3)</summary>Yes. Time is the second axis, and index 5 is the sixth step, since code counts from 0.</details>
# <details><summary>One feature of every sequence, (8, 20)</summary>No. Features are the last axis: <code>x[:, :, 2]</code> would be one of them.</details>
#
# ### Question 2 · A network has read 10 elements and then reads 1,000 more. What grows?
#
# <details><summary>The number of weights</summary>No. All steps share the same weights, which is why any length is possible.</details>
# <details><summary>The size of the hidden state</summary>No. It has H numbers at every step, so old news must make room for new.</details>
# <details><summary>The number of times that the loop runs</summary>Yes. Time and the list of answers grow, weights and state do not.</details>
#
# ### Question 3 · Which lamp is a network without memory?
#
# <details><summary>The one with <code>w_back = 0</code></summary>Yes. Its state depends on the press of this very step and on nothing else.</details>
# <details><summary>The one with <code>w_back = 0.9</code></summary>No. It forgets slowly, but a few steps after the press it still knows something.</details>
# <details><summary>The one with <code>w_back = 3</code></summary>No. It holds its state until the next press: the longest memory of the three.</details>
#
# ### Question 4 · You want to predict a machine's next reading from a live stream. Which variant cannot do it?
#
# <details><summary>A GRU</summary>No. It reads from front to back and can answer at every step.</details>
# <details><summary>A bidirectional RNN</summary>Yes. Its second reader starts at the end, and a live stream has none yet.</details>
# <details><summary>An LSTM</summary>No. Its gates look at the past and at the present element only.</details>
#
# ### Question 5 · A table of people with age, height and weight: is an RNN the right model?
#
# <details><summary>Yes, each column is a time step</summary>No. Columns can change places and nothing is lost: they have no order, so there is nothing to remember.</details>
# <details><summary>Yes, each person is a time step</summary>No. The rows can be shuffled too. One person says nothing about the next.</details>
# <details><summary>Not before a model without memory</summary>Yes. If order tells nothing, a memory has nothing to do.</details>
#
# ## Where to go next
#
# | step | the question it answers |
# |---|---|
# | [1 · sequence data](../1-sequence-data/sequence_data.ipynb) | does the order of my data matter? |
# | [2 · backpropagation through time](../2-bptt/bptt.ipynb) | how does a network learn from what came before? |
# | 3 · LSTM and GRU | gates: what does each one buy? |
# | 4 · hidden states | what is the network remembering? |
# | 5 · Transformers | memory or focus? |
#
# The steps build on each other. In step 2 you start with a task that suits beginners best: a network that reads text
# character by character and learns to continue it. It is small, it trains on any computer, and you can read what it
# has learned. You write its parts in NumPy first; PyTorch comes in once you know what it does for you.
#
# ### Books for the way
#
# None of these is needed for the course.
#
# - *Deep Learning* by Ian Goodfellow, Yoshua Bengio and Aaron Courville: for the mathematics. Its chapter on sequence
#   modelling derives what step 2 has you program. It has no code and was written before Transformers.
# - *Hands-On Machine Learning* by Aurélien Géron: for practice across all of machine learning, with code on every
#   page. Recurrent networks are one part of many. Check which framework your edition uses; the earlier ones use
#   TensorFlow and Keras, not PyTorch.
# - *Natural Language Processing with PyTorch* by Delip Rao and Brian McMahan: for text, with recurrent models in
#   PyTorch. Its code is for PyTorch as it was then, and Transformers came too late for it.
