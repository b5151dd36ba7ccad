"""Right answers to single exercises of step 2 that look unlike the model answer."""

from tests.grading.honest.variant import answers

ANSWERS = answers(2, r'''
## rnn_step: one product of stacked matrices
def rnn_step(x, h, W_xh, W_hh, b):
    return np.tanh(np.hstack([x, h]) @ np.vstack([W_xh, W_hh]) + b)
## rnn_step: einsum, and tanh from exponentials
def rnn_step(x, h, W_xh, W_hh, b):
    a = np.einsum("bd,dh->bh", x, W_xh) + np.einsum("bk,kh->bh", h, W_hh) + b
    return 1 - 2 / (np.exp(2 * a) + 1)
## rnn_step: loops over batch and unit
import math

def rnn_step(x, h, W_xh, W_hh, b):
    new = np.empty((x.shape[0], W_hh.shape[0]))
    for r in range(new.shape[0]):
        for u in range(new.shape[1]):
            new[r, u] = math.tanh(sum(x[r] * W_xh[:, u]) + sum(h[r] * W_hh[:, u]) + b[u])
    return new
## rnn_forward: an array that is filled
def rnn_forward(x, h0, W_xh, W_hh, b):
    B, T, D = x.shape
    hs = np.zeros((B, T, W_hh.shape[0]))
    previous = h0
    for t in range(T):
        hs[:, t] = previous = np.tanh(x[:, t] @ W_xh + previous @ W_hh + b)
    return hs
## rnn_forward: itertools.accumulate
from itertools import accumulate

def rnn_forward(x, h0, W_xh, W_hh, b):
    states = accumulate(x.transpose(1, 0, 2), lambda h, x_t: rnn_step(x_t, h, W_xh, W_hh, b), initial=h0)
    return np.stack(list(states)[1:], axis=1)
## rnn_forward: recursion over time
def rnn_forward(x, h0, W_xh, W_hh, b):
    if x.shape[1] == 0:
        return np.zeros((x.shape[0], 0, W_hh.shape[0]))
    first = rnn_step(x[:, 0], h0, W_xh, W_hh, b)
    return np.concatenate([first[:, None], rnn_forward(x[:, 1:], first, W_xh, W_hh, b)], axis=1)
## rnn_forward: the inputs' product before the loop
def rnn_forward(x, h0, W_xh, W_hh, b):
    a, hs = np.tensordot(x, W_xh, axes=1) + b, []
    for t in range(a.shape[1]):
        hs += [np.tanh(a[:, t] + (hs[-1] if hs else h0) @ W_hh)]
    return np.array(hs).swapaxes(0, 1)
## rnn_step_backward: outer products, summed over the batch
def rnn_step_backward(dh, x, h_prev, h, W_xh, W_hh):
    da = dh - dh * h * h
    dW_xh = sum(np.outer(x[n], da[n]) for n in range(len(x)))
    dW_hh = sum(np.outer(h_prev[n], da[n]) for n in range(len(x)))
    return np.dot(da, W_xh.T), np.dot(da, W_hh.T), dW_xh, dW_hh, np.sum(da, 0)
## rnn_step_backward: one product of stacked matrices, cut in two
def rnn_step_backward(dh, x, h_prev, h, W_xh, W_hh):
    D, da = x.shape[1], dh * (1.0 - h) * (1.0 + h)
    d_both = da @ np.concatenate([W_xh, W_hh]).T
    d_W = np.concatenate([x, h_prev], axis=1).T @ da
    return *np.split(d_both, [D], axis=1), *np.split(d_W, [D]), np.ones(len(da)) @ da
## rnn_step_backward: a namedtuple, and helper functions in the cell
from collections import namedtuple

Gradients = namedtuple("Gradients", "dx dh_prev dW_xh dW_hh db")

def tanh_backward(d, out):
    return d * (1 - np.square(out))

def rnn_step_backward(dh, x, h_prev, h, W_xh, W_hh):
    da = tanh_backward(dh, h)
    return Gradients(da @ W_xh.T, da @ W_hh.T, x.T @ da, h_prev.T @ da, da.sum(0))
## rnn_backward: lists turned round at the end
def rnn_backward(dhs, x, h0, hs, W_xh, W_hh):
    das, dh = [], np.zeros_like(h0)
    before = np.concatenate([h0[:, None], hs[:, :-1]], axis=1)
    for t in range(x.shape[1] - 1, -1, -1):
        das.insert(0, (dhs[:, t] + dh) * (1 - hs[:, t] ** 2))
        dh = das[0] @ W_hh.T
    da = np.stack(das, axis=1)
    return da @ W_xh.T, dh, np.einsum("btd,bth->dh", x, da), np.einsum("btk,bth->kh", before, da), da.sum((0, 1))
## rnn_backward: gradients in a dictionary, added in place
def rnn_backward(dhs, x, h0, hs, W_xh, W_hh):
    grads = dict(dx=np.zeros(x.shape), dW_xh=0.0, dW_hh=0.0, db=0.0)
    dh = 0.0
    for t in reversed(range(x.shape[1])):
        out = rnn_step_backward(dhs[:, t] + dh, x[:, t], hs[:, t - 1] if t else h0, hs[:, t], W_xh, W_hh)
        grads["dx"][:, t], dh = out[:2]
        for key, one in zip(("dW_xh", "dW_hh", "db"), out[2:]):
            grads[key] = grads[key] + one
    return grads["dx"], dh, grads["dW_xh"], grads["dW_hh"], grads["db"]
## numerical_gradient: nditer, on a copy each
def numerical_gradient(f, a, eps=1e-5):
    grad = np.zeros_like(a, dtype=float)
    it = np.nditer(a, flags=["multi_index"])
    for _ in it:
        up, down = a.astype(float).copy(), a.astype(float).copy()
        up[it.multi_index] += eps; down[it.multi_index] -= eps
        grad[it.multi_index] = (f(up) - f(down)) / (2 * eps)
    return grad
## numerical_gradient: flat and a list comprehension
def numerical_gradient(f, a, eps=1e-5):
    base, unit = np.array(a, dtype=float).ravel(), np.eye(a.size) * eps
    return np.reshape([(f((base + e).reshape(a.shape)) - f((base - e).reshape(a.shape))) / 2 / eps for e in unit], a.shape)
## softmax_cross_entropy: take_along_axis and logsumexp of SciPy
def softmax_cross_entropy(logits, targets, mask):
    from scipy.special import logsumexp
    logp = logits - logsumexp(logits, axis=-1, keepdims=True)
    picked = np.take_along_axis(logp, targets[..., None], axis=-1)[..., 0]
    n = int(np.count_nonzero(mask))
    d = np.exp(logp)
    np.put_along_axis(d, targets[..., None], np.take_along_axis(d, targets[..., None], -1) - 1, -1)
    return -(picked * mask).sum() / n, d * mask[:, :, None] / n
## softmax_cross_entropy: loops over batch and time
def softmax_cross_entropy(logits, targets, mask):
    B, T, K = logits.shape
    loss, grad, n = 0.0, np.zeros((B, T, K)), mask.sum()
    for i in range(B):
        for t in range(T):
            if mask[i, t]:
                e = np.exp(logits[i, t] - max(logits[i, t])); p = e / sum(e)
                loss -= np.log(p[targets[i, t]]) if p[targets[i, t]] > 0 else logits[i, t, targets[i, t]] - max(logits[i, t]) - np.log(sum(e))
                grad[i, t] = p; grad[i, t, targets[i, t]] -= 1
    return loss / n, grad / n
## clip_by_global_norm: one long vector
def clip_by_global_norm(grads, max_norm):
    norm = np.linalg.norm(np.concatenate([np.ravel(g) for g in grads]))
    if norm > max_norm and np.isfinite(norm):
        grads = [g / norm * max_norm for g in grads]
    else:
        grads = [g.copy() for g in grads]
    return grads, norm
## clip_by_global_norm: math.hypot
import math

def clip_by_global_norm(grads, max_norm):
    norm = math.hypot(*[float(v) for g in grads for v in np.nditer(g)])
    factor = 1.0 if not norm > max_norm or math.isinf(norm) else max_norm / norm
    return list(map(lambda g: factor * g, grads)), norm
## gradient_norm_by_lag: the product of Jacobians
def gradient_norm_by_lag(dh_last, hs, W_hh):
    T, out, d = hs.shape[1], [], np.array(dh_last)
    for lag in range(T):
        out.append(float(np.sqrt((d ** 2).sum())))
        d = np.stack([W_hh @ (np.diag(1 - h ** 2) @ row) for row, h in zip(d, hs[:, T - 1 - lag])])
    return out
## sample_next: the inverse of the cumulative sum, by the one generator
def sample_next(logits, temperature, rng):
    z = logits / temperature
    z = z - z.max(1, keepdims=True)
    c = np.cumsum(np.exp(z) / np.exp(z).sum(1, keepdims=True), axis=1)
    return (c < rng.random((len(z), 1))).sum(1).clip(max=z.shape[1] - 1)
## sample_next: Gumbel's trick
def sample_next(logits, temperature, rng):
    return np.argmax(logits / temperature + rng.gumbel(size=logits.shape), axis=1)
## truncated_bptt_step: the class CrossEntropyLoss, transposed, and set_to_none
def truncated_bptt_step(model, optimizer, inputs, targets, state, max_norm):
    import torch
    detach = lambda s: None if s is None else tuple(p.detach() for p in s) if isinstance(s, tuple) else s.detach()
    optimizer.zero_grad(set_to_none=True)
    out, new = model(inputs, detach(state))
    loss = torch.nn.CrossEntropyLoss()(out.transpose(1, 2), targets)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(list(model.parameters()), max_norm=max_norm, norm_type=2)
    optimizer.step()
    return float(loss), detach(new)
''')
