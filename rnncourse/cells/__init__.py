"""Recurrent cells in NumPy alone, each with its backward pass written out: to read, to check against, to train.

Plain, to read:  `RNN`, `LSTM`, `GRU`, and the functions `rnn_step`, `rnn_step_backward`, `rnn_forward`,
                 `rnn_backward` (the same for lstm and gru)
Fast, to use:    `FastRNN`, `FastLSTM`, `FastGRU`: same weights, arguments, results
Put together:    `Bidirectional`, `Stacked`, `Checkpointed`
Step by step:    `stream`
Around them:     `Embedding`, `Affine`, `softmax_cross_entropy`, `SGD`, `RMSprop`, `Adam`, `clip_by_global_norm`
First weights:   `glorot`, `orthogonal`, `identity`, `chrono_bias`
Is it right:     `numerical_gradient`, `relative_error`
torch:           `from_torch`, `to_torch`

Arrays are (batch, time, feature); inputs stand in rows, so a step reads x @ W_x + h @ W_h + b. A mask (B, T) is
True at a real step; elsewhere the state is carried on. Results have the dtype of the weights.

A network that reads ids and scores the next one, and one step of its training:

>>> import numpy as np
>>> from rnncourse.cells import Adam, Affine, Embedding, FastGRU, softmax_cross_entropy
>>> rng = np.random.default_rng(0)
>>> embedding, recurrent, readout = Embedding.random(rng, V=5, D=4), FastGRU.random(rng, 4, 8), Affine.random(rng, 8, 5)
>>> ids = np.array([[0, 1, 2, 3, 4, 0, 1]])
>>> x, trace_x = embedding.forward(ids[:, :-1])
>>> hs, state, trace_h = recurrent.forward(x)
>>> logits, trace_y = readout.forward(hs)
>>> loss, dlogits = softmax_cross_entropy(logits, ids[:, 1:])
>>> dhs, gradients_y = readout.backward(dlogits, trace_y)
>>> dx, dstate, gradients_h = recurrent.backward(dhs, trace_h)
>>> gradients_x = embedding.backward(dx, trace_x)
>>> Adam().step(recurrent.weights, gradients_h)

Importing this package loads nothing else; each name loads its own module on first use, and torch only where
weights are converted.
"""

from rnncourse.lazy import lazily

_HOME = {
    "Adam": "optimizers",
    "Affine": "affine",
    "Bidirectional": "bidirectional",
    "Checkpointed": "checkpointed",
    "Embedding": "embedding",
    "FastGRU": "fast_gru",
    "FastLSTM": "fast_lstm",
    "FastRNN": "fast_rnn",
    "GRU": "gru",
    "LSTM": "lstm",
    "RMSprop": "optimizers",
    "RNN": "rnn",
    "SGD": "optimizers",
    "Stacked": "stacked",
    "chrono_bias": "initial",
    "clip_by_global_norm": "clipping",
    "from_torch": "torch_weights",
    "global_norm": "clipping",
    "glorot": "initial",
    "gru_backward": "gru",
    "gru_forward": "gru",
    "gru_step": "gru",
    "gru_step_backward": "gru",
    "identity": "initial",
    "lstm_backward": "lstm",
    "lstm_forward": "lstm",
    "lstm_step": "lstm",
    "lstm_step_backward": "lstm",
    "numerical_gradient": "gradient_check",
    "orthogonal": "initial",
    "relative_error": "gradient_check",
    "rnn_backward": "rnn",
    "rnn_forward": "rnn",
    "rnn_step": "rnn",
    "rnn_step_backward": "rnn",
    "sigmoid": "logistic",
    "softmax_cross_entropy": "loss",
    "stream": "streaming",
    "to_torch": "torch_weights",
}

__all__ = sorted(_HOME)

__getattr__, __dir__ = lazily(__name__, _HOME)
