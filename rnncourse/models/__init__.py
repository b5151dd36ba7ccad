"""The torch networks that the notebooks train, and the one training loop."""

from importlib import import_module

_HOME = {
    "SequenceClassifier": "classifier",
    "MeanClassifier": "classifier",
    "train": "training",
    "outputs": "training",
    "states": "training",
    "accuracy": "training",
}

__all__ = list(_HOME)


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module 'rnncourse.models' has no attribute {name!r}")
    return getattr(import_module(f"rnncourse.models.{_HOME[name]}"), name)


def __dir__():
    return sorted([*globals(), *__all__])
