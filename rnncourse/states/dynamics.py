"""Where a network rests: fixed points, and in how many directions they let go.

Source: Sussillo and Barak 2013, Opening the black box: low-dimensional dynamics in high-dimensional recurrent networks.
"""

NEAR = 0.05  # two points nearer than this are one


def find_fixed_points(step, starts, iterations=1000, learning_rate=0.01, tolerance=1e-6):
    """States (M, H) that `step` leaves where they are, found from starts (N, H); torch tensors.

    Minimises half the squared distance |step(h) − h|² of each row with Adam; keeps rows that end under `tolerance`, and
    of those nearer than 0.05 to each other one. None found gives (0, H). A search finds what its starts lead to: it
    proves that points are there, not that no other ones are. Raises ValueError for starts that are not (N, H).
    """
    import torch

    if starts.dim() != 2 or not len(starts):
        raise ValueError(f"starts: expected (starts, units), at least one, got {tuple(starts.shape)}")
    h = starts.detach().clone().requires_grad_(True)
    optimizer = torch.optim.Adam([h], lr=learning_rate)
    for _ in range(iterations):
        optimizer.zero_grad()
        _speed(step, h).sum().backward(inputs=[h])
        optimizer.step()
    with torch.no_grad():
        ends = h[_speed(step, h) < tolerance].detach()
    kept = []
    for end in ends:
        if all((end - point).norm() >= NEAR for point in kept):
            kept.append(end)
    return torch.stack(kept) if kept else h.new_zeros((0, h.shape[1])).detach()


def _speed(step, h):
    return 0.5 * (step(h) - h).square().sum(dim=1)  # (N,)


def jacobian(step, h):
    """J (H, H) of step (H,) -> (H,) at h: J[i, j] says how unit i of the next state changes with unit j of this one."""
    import torch

    given = h.detach().clone().requires_grad_(True)
    new = step(given)
    return torch.stack([torch.autograd.grad(one, given, retain_graph=True)[0] for one in new])


def unstable_directions(J):
    """How many eigenvalues of J (H, H) are larger than 1: 0 at an attractor, else the number of ways to fall off.

    >>> import torch
    >>> unstable_directions(torch.diag(torch.tensor([0.5, 1.5])))
    1
    """
    import torch

    return int((torch.linalg.eigvals(torch.as_tensor(J)).abs() > 1).sum())
