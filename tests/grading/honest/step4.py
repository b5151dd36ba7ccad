"""Right answers to single exercises of step 4 that look unlike the model answer."""

from tests.grading.honest.variant import answers

ANSWERS = answers(4, r'''
## record_states: an array that is filled
def record_states(step, x, h0):
    B, T = x.shape[:2]
    hs = np.empty((B, T, h0.shape[1]))
    h = np.array(h0)
    for t in range(T):
        h = np.array(step(x[:, t], h))
        hs[:, t] = h
    return hs
## record_states: a generator
def record_states(step, x, h0):
    def run(h):
        for x_t in np.swapaxes(x, 0, 1):
            h = step(x_t, h.copy())
            yield h.copy()
    return np.stack(list(run(h0)), 1)
## gate_saturation: counted in a loop
def gate_saturation(gate, low=0.1, high=0.9):
    shut, opened = np.zeros(gate.shape[1]), np.zeros(gate.shape[1])
    for row in gate:
        shut += row < low
        opened += row > high
    return shut / len(gate), opened / len(gate)
## gate_saturation: a dataclass of shares, unpacked
from dataclasses import astuple, dataclass

@dataclass
class Shares:
    left: object
    right: object

def gate_saturation(gate, low=0.1, high=0.9):
    return astuple(Shares(np.count_nonzero(np.less(gate, low), axis=0) / gate.shape[0], np.count_nonzero(np.greater(gate, high), axis=0) / gate.shape[0]))
## pca: eigenvectors of the covariance, the other way round
def pca(states, k):
    X = states - np.mean(states, axis=0, keepdims=True)
    values, vectors = np.linalg.eigh(X.T @ X / len(X))
    order = np.argsort(values)[::-1]
    values, vectors = values[order], vectors[:, order]
    return X @ vectors[:, :k], vectors[:, :k].T, values[:k] / values.sum()
## pca: torch's SVD, with turned signs
def pca(states, k):
    import torch
    X = torch.as_tensor(np.array(states))
    X = X - X.mean(0)
    U, S, V = torch.linalg.svd(X, full_matrices=False)
    return (-U * S)[:, :k].numpy(), -V[:k].numpy(), (S ** 2 / (S ** 2).sum())[:k].numpy()
## rank_units: np.corrcoef, unit by unit
def rank_units(states, signal):
    r = []
    for u in range(states.shape[1]):
        column = states[:, u]
        r.append(0.0 if column.max() == column.min() else np.corrcoef(column, signal)[0, 1])
    r = np.array(r)
    return sorted(range(len(r)), key=lambda u: -abs(r[u])), r
## rank_units: standard scores, and a stable order
def rank_units(states, signal):
    with np.errstate(all="ignore"):
        z = (states - states.mean(0)) / states.std(0)
    z[:, np.ptp(states, axis=0) == 0] = 0
    r = np.mean(z * ((signal - signal.mean()) / signal.std())[:, None], axis=0)
    return np.argsort(-abs(r), kind="stable"), r
## linear_probe: a column of ones without a penalty
def linear_probe(train_states, train_labels, test_states, ridge=1e-3):
    classes, which = np.unique(train_labels, return_inverse=True)
    one = lambda a: np.column_stack([a, np.ones(len(a))])
    A, Y = one(train_states), np.eye(len(classes))[which]
    penalty = ridge * np.eye(A.shape[1]); penalty[-1, -1] = 0
    W = np.linalg.solve(A.T @ A + penalty, A.T @ Y)
    return classes[np.argmax(one(test_states) @ W, axis=1)]
## linear_probe: least squares with extra rows
def linear_probe(train_states, train_labels, test_states, ridge=1e-3):
    classes = sorted(set(train_labels.tolist()))
    Y = np.array([[float(label == c) for c in classes] for label in train_labels])
    mx, my = train_states.mean(0), Y.mean(0)
    H = train_states.shape[1]
    A = np.vstack([train_states - mx, np.sqrt(ridge) * np.eye(H)])
    W = np.linalg.lstsq(A, np.vstack([Y - my, np.zeros((H, len(classes)))]), rcond=None)[0]
    scores = (test_states - mx) @ W + my
    return np.array([classes[n] for n in scores.argmax(1)])
## control_accuracy: a copy that is shuffled in place
def control_accuracy(train_states, train_labels, test_states, test_labels, rng, ridge=1e-3):
    labels = train_labels.copy()
    rng.shuffle(labels)
    right = 0
    for guess, label in zip(linear_probe(train_states, labels, test_states, ridge), test_labels):
        right += guess == label
    return right / len(test_labels)
## control_accuracy: an index that is permuted
def control_accuracy(train_states, train_labels, test_states, test_labels, rng, ridge=1e-3):
    order = rng.permutation(len(train_labels))
    return np.mean(linear_probe(train_states, train_labels[order], test_states, ridge=ridge) == test_labels)
## ablate_unit: a class that is called
class Ablated:
    def __init__(self, step, unit, value):
        self.step, self.unit, self.value = step, unit, value

    def __call__(self, x, h):
        h = h.copy(); h[:, self.unit] = self.value
        new = np.array(self.step(x, h)); new[:, self.unit] = self.value
        return new

def ablate_unit(step, unit, value=0.0):
    return Ablated(step, unit, value)
## ablate_unit: np.where over columns
def ablate_unit(step, unit, value=0.0):
    def fixed(h):
        return np.where(np.arange(h.shape[1]) == unit, value, h)
    def ablated(x, h):
        return fixed(step(x, fixed(h)))
    return ablated
## connectivity: backward once a step
def connectivity(model, x):
    rows = []
    for t in range(len(x)):
        given = x.detach().clone().requires_grad_()
        best = model(given.unsqueeze(0))[0, t].max()
        best.backward()
        rows.append(given.grad.pow(2).sum(-1).sqrt())
    return torch.stack(rows)
## connectivity: torch's jacobian of the best logits
def connectivity(model, x):
    J = torch.autograd.functional.jacobian(lambda a: model(a[None])[0].amax(dim=-1), x.detach().clone())
    return torch.linalg.vector_norm(J, dim=-1)
## find_fixed_points: Adam by hand
def find_fixed_points(step, starts, iterations, learning_rate, tolerance=1e-6):
    h = starts.detach().clone()
    m, v = torch.zeros_like(h), torch.zeros_like(h)
    q = lambda h: (step(h) - h).pow(2).sum(1) / 2
    for n in range(1, iterations + 1):
        a = h.clone().requires_grad_(True)
        g, = torch.autograd.grad(q(a).sum(), a)
        m = 0.9 * m + 0.1 * g
        v = 0.999 * v + 0.001 * g * g
        h = h - learning_rate * (m / (1 - 0.9 ** n)) / ((v / (1 - 0.999 ** n)).sqrt() + 1e-8)
    found = []
    for one, speed in zip(h, q(h).detach()):
        if speed < tolerance and not any(torch.dist(one, other) < 0.05 for other in found):
            found.append(one)
    return torch.stack(found) if found else torch.empty(0, starts.shape[1], dtype=starts.dtype)
## jacobian: torch.autograd row by row, with retain_graph
def jacobian(step, h):
    h = h.detach().clone().requires_grad_(True)
    out, rows = step(h), []
    for k in range(out.shape[0]):
        seed = torch.zeros_like(out); seed[k] = 1.0
        rows.append(torch.autograd.grad(out, h, seed, retain_graph=True)[0])
    return torch.stack(rows)
## jacobian: all rows at once, as a batch of gradients
def jacobian(step, h):
    given = h.detach().clone().requires_grad_(True)
    out = step(given)
    return torch.autograd.grad(out, given, torch.eye(len(out), dtype=out.dtype), is_grads_batched=True)[0]
''')
