"""How weights follow their gradients: SGD, momentum, RMSprop and Adam.

Each changes the arrays of a dict of weights in place, given the dict of their gradients by the same names, and
keeps what it remembers under these names too. The formulas are those of torch.optim.
"""

import numpy as np


class Optimizer:
    """The loop over weights; a subclass says in `change(name, gradient)` what is subtracted from each."""

    def __init__(self, learning_rate):
        if not learning_rate > 0:
            raise ValueError(f"learning_rate: expected a number above 0, got {learning_rate}")
        self.learning_rate = learning_rate
        self.memory = {}

    def step(self, weights, gradients):
        """Update each array of `weights` in place by the gradient of the same name and shape.

        Raises ValueError, and changes nothing, if names or shapes differ or a gradient is not finite.
        """
        _check(weights, gradients)
        for name, gradient in gradients.items():
            weights[name] -= self.change(name, gradient)

    def remembered(self, kind, name, like):
        """Return the array kept for this weight, zeros the first time."""
        return self.memory.setdefault((kind, name), np.zeros_like(like))


class SGD(Optimizer):
    """Stochastic gradient descent, with `momentum` from 0 (none) to below 1.

    The velocity adds up the gradients, each older one counting `momentum` times less.
    Source: Polyak 1964, Some methods of speeding up the convergence of iteration methods.

    >>> weights = {"w": np.array([1.0])}
    >>> SGD(learning_rate=0.1).step(weights, {"w": np.array([2.0])})
    >>> weights["w"].tolist()
    [0.8]
    """

    def __init__(self, learning_rate, momentum=0.0):
        super().__init__(learning_rate)
        self.momentum = _share("momentum", momentum)

    def change(self, name, gradient):
        """Return learning rate times velocity; the velocity grows by the gradient."""
        if self.momentum == 0:
            return self.learning_rate * gradient
        velocity = self.remembered("velocity", name, gradient)
        velocity *= self.momentum
        velocity += gradient
        return self.learning_rate * velocity


class RMSprop(Optimizer):
    """Steps divided by the running root mean square of each weight's gradient.

    `decay` is how much of the running mean stays at each step, `epsilon` keeps the division finite.
    Source: Hinton 2012, Neural networks for machine learning, lecture 6e.
    """

    def __init__(self, learning_rate=1e-2, decay=0.99, epsilon=1e-8):
        super().__init__(learning_rate)
        self.decay, self.epsilon = _share("decay", decay), epsilon

    def change(self, name, gradient):
        """Return learning rate times gradient over its root mean square."""
        square = self.remembered("square", name, gradient)
        square *= self.decay
        square += (1 - self.decay) * gradient**2
        return self.learning_rate * gradient / (np.sqrt(square) + self.epsilon)


class Adam(Optimizer):
    """Momentum and RMSprop together, corrected for starting from zeros.

    `mean_decay` and `square_decay` are the paper's β1 and β2.
    Source: Kingma and Ba 2015, Adam: a method for stochastic optimization, algorithm 1.

    >>> weights = {"w": np.array([1.0, 1.0])}
    >>> Adam(learning_rate=0.1).step(weights, {"w": np.array([1e-3, 1e3])})
    >>> weights["w"].round(4).tolist()
    [0.9, 0.9]
    """

    def __init__(self, learning_rate=1e-3, mean_decay=0.9, square_decay=0.999, epsilon=1e-8):
        super().__init__(learning_rate)
        self.mean_decay, self.square_decay = _share("mean_decay", mean_decay), _share("square_decay", square_decay)
        self.epsilon = epsilon
        self.steps = {}

    def change(self, name, gradient):
        """Return learning rate times corrected mean over the root of the corrected mean square."""
        mean, square = self.remembered("mean", name, gradient), self.remembered("square", name, gradient)
        t = self.steps[name] = self.steps.get(name, 0) + 1
        mean += (1 - self.mean_decay) * (gradient - mean)
        square += (1 - self.square_decay) * (gradient**2 - square)
        root = np.sqrt(square / (1 - self.square_decay**t)) + self.epsilon
        return self.learning_rate / (1 - self.mean_decay**t) * mean / root


def _share(name, value):
    if not 0 <= value < 1:
        raise ValueError(f"{name}: expected 0 or more and below 1, got {value}")
    return value


def _check(weights, gradients):
    if weights.keys() != gradients.keys():
        only = sorted(weights.keys() ^ gradients.keys())
        raise ValueError(f"gradients: expected the same names as the weights; {', '.join(only)} stand on one side only")
    for name, gradient in gradients.items():
        if np.shape(gradient) != weights[name].shape:
            raise ValueError(f"gradient of {name}: expected {weights[name].shape} as the weight, got {gradient.shape}")
        if not np.isfinite(gradient).all():
            raise ValueError(f"gradient of {name}: holds NaN or infinity; skip this step and lower the learning rate")
