"""What can be read from states by a linear map, and what the same map reads where there is nothing to read.

A probe that is right says that the information is there for it, not that the network uses it: compare `ablation`.
The control is that of Hewitt and Liang 2019, with labels permuted: what a probe gains by its own freedom alone.
"""

import numpy as np


def linear_probe(train_states, train_labels, test_states, ridge=1e-3):
    """Labels (M,) that a ridge regression from states (N, H) to one-hot labels (N,) gives the test states (M, H).

    It minimises ‖XW + b − Y‖² + ridge ‖W‖²; the intercept b is not penalised.
    """
    train_states, train_labels = np.asarray(train_states, float), np.asarray(train_labels)
    if len(train_states) != len(train_labels):
        raise ValueError(f"train_labels: expected one a state ({len(train_states)}), got {len(train_labels)}")
    classes, places = np.unique(train_labels, return_inverse=True)
    y = np.eye(len(classes))[places]  # (N, K)
    mean_x, mean_y = train_states.mean(axis=0), y.mean(axis=0)
    x = train_states - mean_x
    W = np.linalg.solve(x.T @ x + ridge * np.eye(x.shape[1]), x.T @ (y - mean_y))  # (H, K)
    return classes[((np.asarray(test_states, float) - mean_x) @ W + mean_y).argmax(axis=1)]


def control_accuracy(train_states, train_labels, test_states, test_labels, rng, ridge=1e-3):
    """Share right on the true test labels of a probe whose training labels were permuted by `rng`."""
    shuffled = rng.permutation(np.asarray(train_labels))
    return float(np.mean(linear_probe(train_states, shuffled, test_states, ridge) == np.asarray(test_labels)))
