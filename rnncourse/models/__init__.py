"""The torch networks that the notebooks train, and the one training loop.

Networks, with the recurrent kind ("rnn", "gru", "lstm", "relu", "mingru", "minlstm") as a parameter:
    `SequenceClassifier` (one answer a sequence), `MeanClassifier` (its baseline without order), `SymbolLabeller` (an
    answer at every step), `CharacterModel` (the next character), `Forecaster` (how a series goes on), `Tracker`
    (numbers at every step)
Attention:      `causal_mask`, `CausalSelfAttention`, and in the module of that name `attention.attention`;
                `Transformer`, `transformer_weights` counts its weights
Translation:    `Translator` reads one sequence and writes another; `translation_loss`, `exact_match`
Comparison:     `NANOGPT_CPU`, nanoGPT's published setting for a CPU, and `train_nanogpt`
Minimal gates:  `MinGRU`, `MinLSTM`, and `scan_linear`, which computes all their steps at once
Streaming:      `model.stream()` takes one step at a time; see `rnncourse.models.streaming`
First weights:  `start_from` (orthogonal, identity, forget bias, chrono), `parameters` counts them,
                `hidden_for` finds the size for a number of weights
Training:       `fit` with `Settings`; `train` for arrays; batches from `shuffled`, `shuffled_rows`, `fresh`, `consecutive`; objectives
                `answer_loss`, `step_loss`, `stream_loss`
Afterwards:     `outputs`, `states`, `accuracy`, `label_scores`
"""

from rnncourse.lazy import lazily

_HOME = {
    "CausalSelfAttention": "attention",
    "CharacterModel": "labeller",
    "Forecaster": "forecaster",
    "History": "training",
    "KeyValueCache": "attention",
    "MeanClassifier": "classifier",
    "MinGRU": "minimal",
    "MinLSTM": "minimal",
    "NANOGPT_CPU": "nanogpt",
    "NanoGPT": "nanogpt",
    "SequenceClassifier": "classifier",
    "Settings": "training",
    "SymbolLabeller": "labeller",
    "Tracker": "tracker",
    "Transformer": "transformer",
    "Translator": "seq2seq",
    "accuracy": "answers",
    "answer_loss": "objectives",
    "causal_mask": "attention",
    "consecutive": "batches",
    "exact_match": "seq2seq",
    "fit": "training",
    "fresh": "batches",
    "hidden_for": "recurrent",
    "label_scores": "answers",
    "one_thread": "threads",
    "outputs": "answers",
    "parameters": "recurrent",
    "recurrent_layer": "recurrent",
    "recurrent_weights": "recurrent",
    "scan_linear": "minimal",
    "shuffled": "batches",
    "shuffled_rows": "batches",
    "start_from": "recurrent",
    "states": "answers",
    "step_loss": "objectives",
    "stream_loss": "objectives",
    "train": "training",
    "train_nanogpt": "nanogpt",
    "transformer_weights": "transformer",
    "translation_loss": "seq2seq",
}

__all__ = list(_HOME)

__getattr__, __dir__ = lazily(__name__, _HOME)
