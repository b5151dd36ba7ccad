"""Linear probes: what can be read from states, and what a probe of the same size reads where there is nothing.

Sources: Alain and Bengio 2016, Understanding intermediate layers using linear classifier probes; Hewitt and Liang
2019, Designing and interpreting probes with control tasks.
"""

import numpy as np


def linear_probe(train_states, train_labels, test_states, ridge=1e-3):
    """Return labels (M,) for test states (M, H), by ridge regression on the one-hot labels (N,) of train states (N, H).

    The intercept is not penalised. Which classes there are, and all that is fitted, comes from the training part.
    """
    train_states, train_labels, test_states = map(np.asarray, (train_states, train_labels, test_states))
    classes = np.unique(train_labels)
    y = (train_labels[:, None] == classes).astype(float)  # (N, K)
    mean_x, mean_y = train_states.mean(axis=0), y.mean(axis=0)  # centred, so that the intercept costs nothing
    x = train_states - mean_x
    W = np.linalg.solve(x.T @ x + ridge * np.eye(x.shape[1]), x.T @ (y - mean_y))  # (H, K)
    return classes[((test_states - mean_x) @ W + mean_y).argmax(axis=1)]


def control_accuracy(train_states, train_labels, test_states, test_labels, rng, ridge=1e-3):
    """Return the accuracy (a share) on the true test labels of a probe trained on a random permutation of the labels."""
    shuffled = rng.permutation(np.asarray(train_labels))
    return float(np.mean(linear_probe(train_states, shuffled, test_states, ridge) == np.asarray(test_labels)))
