"""A network without input as a dynamical system: where it rests, and whether it comes back when pushed.

Source: Sussillo and Barak 2013, Opening the black box: low-dimensional dynamics in high-dimensional recurrent neural
networks.
"""

from dataclasses import dataclass

import numpy as np
import torch

APART = 0.05  # two points nearer than this are one


@dataclass(frozen=True, eq=False)
class FixedPoint:
    """A state (H,) that the step leaves where it is, with the eigenvalues of the step's Jacobian, largest first."""

    state: np.ndarray
    eigenvalues: np.ndarray

    @property
    def unstable(self):
        """In how many directions a small push grows: eigenvalues with an absolute value above 1."""
        return int((np.abs(self.eigenvalues) > 1).sum())

    def kind(self, most):
        """"attractor" (0 unstable directions), "repeller" (`most` of them or more) or "saddle"."""
        return "attractor" if self.unstable == 0 else "repeller" if self.unstable >= most else "saddle"


def resting_step(layer, x=None):
    """The step h (N, H) -> h (N, H) of a torch.nn.RNN or GRU while its input stays the same, `x` (D,), or zeros.

    Raises TypeError for an LSTM, whose state is a pair, and for other modules; ValueError for several layers.
    """
    if not isinstance(layer, (torch.nn.RNN, torch.nn.GRU)):
        raise TypeError(f"layer: expected torch.nn.RNN or GRU, whose state is one array, got {type(layer).__name__}")
    if layer.num_layers > 1 or layer.bidirectional:
        raise ValueError("layer: expected one layer in one direction")
    weight = layer.weight_ih_l0
    x = torch.zeros(layer.input_size) if x is None else torch.as_tensor(x)
    x = x.to(weight)

    def step(h):
        inputs = x.expand(len(h), 1, -1) if layer.batch_first else x.expand(1, len(h), -1)
        return layer(inputs, h[None].contiguous())[1][0]

    return step


def find_fixed_points(step, starts, iterations, learning_rate, tolerance=1e-6):
    """Return the distinct states (M, H) at which `step` stands still, of those that the search from `starts` (N, H) ends at.

    Adam minimises ½‖step(h) − h‖² of each row; rows that end below `tolerance` count, those nearer than 0.05 to one
    found before do not. None found gives (0, H).
    """
    h = starts.detach().clone().requires_grad_()
    optimizer = torch.optim.Adam([h], lr=learning_rate)
    with torch.enable_grad():
        for _ in range(iterations):
            (h.grad,) = torch.autograd.grad(_speed(step, h).sum(), h)
            optimizer.step()
    with torch.no_grad():
        still = h.detach()[_speed(step, h) < tolerance]
        points = []
        for row in still:
            if all((row - other).norm() > APART for other in points):
                points.append(row)
        return torch.stack(points) if points else still[:0]


def _speed(step, h):
    return 0.5 * (step(h) - h).pow(2).sum(dim=1)


def jacobian(step, h):
    """Return J (H, H) at the state h (H,): J[i, j] is how fast entry i of step(h) grows with entry j of h.

    `step` maps (H,) to (H,); one that maps (N, H) is `lambda h: step(h[None])[0]`.
    """
    h = h.detach().clone().requires_grad_()
    with torch.enable_grad():
        new = step(h)
        rows = [torch.autograd.grad(each, h, retain_graph=True, allow_unused=True)[0] for each in new]
    return torch.stack([torch.zeros_like(h) if row is None else row for row in rows])


def stability(step, points):
    """Return a list of FixedPoint for points (M, H) of a step (N, H) -> (N, H), the most stable first."""
    found = []
    for point in points:
        J = jacobian(lambda h: step(h[None])[0], point)
        values = np.linalg.eigvals(J.numpy().astype(np.float64))
        order = np.lexsort((values.imag, values.real, -np.abs(values)))
        found.append(FixedPoint(point.detach().cpu().numpy().astype(np.float64), values[order]))
    return sorted(found, key=lambda one: one.unstable)
