"""The torch networks that the notebooks train, and the one training loop.

Networks, with the recurrent kind ("rnn", "gru", "lstm", "relu") as a parameter:
    `SequenceClassifier` (one answer a sequence), `MeanClassifier` (its baseline without order), `SymbolLabeller` (an
    answer at every step), `CharacterModel` (the next character), `Forecaster` (how a series goes on), `Tracker`
    (numbers at every step)
First weights:  `start_from` (orthogonal, identity, forget bias, chrono), `parameters` counts them,
                `hidden_for` finds the size for a number of weights
Training:       `fit` with `Settings`; `train` for arrays; batches from `shuffled`, `fresh`, `consecutive`; objectives
                `answer_loss`, `step_loss`, `stream_loss`
Afterwards:     `outputs`, `states`, `accuracy`, `label_scores`
"""

from rnncourse.lazy import lazily

_HOME = {
    "CharacterModel": "labeller",
    "Forecaster": "forecaster",
    "History": "training",
    "MeanClassifier": "classifier",
    "SequenceClassifier": "classifier",
    "Settings": "training",
    "SymbolLabeller": "labeller",
    "Tracker": "tracker",
    "accuracy": "answers",
    "answer_loss": "objectives",
    "consecutive": "batches",
    "fit": "training",
    "fresh": "batches",
    "hidden_for": "recurrent",
    "label_scores": "answers",
    "one_thread": "threads",
    "outputs": "answers",
    "parameters": "recurrent",
    "recurrent_layer": "recurrent",
    "recurrent_weights": "recurrent",
    "shuffled": "batches",
    "start_from": "recurrent",
    "states": "answers",
    "step_loss": "objectives",
    "stream_loss": "objectives",
    "train": "training",
}

__all__ = list(_HOME)

__getattr__, __dir__ = lazily(__name__, _HOME)
