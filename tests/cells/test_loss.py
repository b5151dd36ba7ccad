import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnncourse.cells import numerical_gradient, softmax_cross_entropy

torch = pytest.importorskip("torch")
sizes = st.integers(1, 5)


@given(seed=st.integers(0, 999), B=sizes, T=sizes, K=sizes, masked=st.booleans())
def test_it_equals_torchs_and_its_gradient_too(seed, B, T, K, masked):
    rng = np.random.default_rng(seed)
    logits, targets = 3 * rng.normal(size=(B, T, K)), rng.integers(0, K, (B, T))
    mask = rng.random((B, T)) < 0.5
    mask[0, 0] = True
    loss, dlogits = softmax_cross_entropy(logits, targets, mask if masked else None)
    tensor = torch.tensor(logits, requires_grad=True)
    ignored = torch.tensor(np.where(mask, targets, -100) if masked else targets)
    expected = torch.nn.functional.cross_entropy(tensor.reshape(-1, K), ignored.reshape(-1))
    expected.backward()
    assert loss == pytest.approx(expected.item(), rel=1e-12, abs=1e-14)
    np.testing.assert_allclose(dlogits, tensor.grad.numpy(), rtol=1e-12, atol=1e-15)


def test_the_gradient_by_trying():
    rng = np.random.default_rng(0)
    logits, targets, mask = rng.normal(size=(2, 3, 4)), rng.integers(0, 4, (2, 3)), np.array([[1, 1, 0], [1, 0, 0]]) > 0
    by_trying = numerical_gradient(lambda a: softmax_cross_entropy(a, targets, mask)[0], logits)
    np.testing.assert_allclose(softmax_cross_entropy(logits, targets, mask)[1], by_trying, atol=1e-9)


def test_padding_may_hold_anything():
    logits, targets = np.zeros((1, 2, 3)), np.array([[1, -100]])
    mask = np.array([[True, False]])
    logits[0, 1] = np.nan
    loss, dlogits = softmax_cross_entropy(logits, targets, mask)
    assert loss == pytest.approx(np.log(3)) and not dlogits[0, 1].any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_logits(dtype):
    logits = np.array([[[1e4, -1e4, 0]]], dtype)
    with np.errstate(all="raise", under="ignore"):
        assert softmax_cross_entropy(logits, np.array([[0]]))[0] == 0
        loss, dlogits = softmax_cross_entropy(logits, np.array([[1]]))
    assert loss == pytest.approx(2e4) and dlogits.tolist() == [[[1, -1, 0]]] and dlogits.dtype == dtype


def test_classes_without_time_and_integer_logits():
    loss, dlogits = softmax_cross_entropy(np.zeros((3, 4), int), np.array([0, 1, 3]))
    assert loss == pytest.approx(np.log(4)) and dlogits.shape == (3, 4) and dlogits.dtype == np.float64


def test_what_does_not_fit_is_refused():
    logits, targets = np.zeros((2, 3, 4)), np.zeros((2, 3), int)
    for arguments, message in [
        ((logits, targets.T), r"targets: expected \(batch, time\) = \(2, 3\), got \(3, 2\)"),
        ((logits, targets + 0.5), "targets: expected integers, the classes, got float64"),
        ((logits, targets + 4), "expected classes 0 to 3 at real steps, got 4 to 4"),
        ((logits, targets - 1), "got -1 to -1"),
        ((logits, targets, np.ones((2, 3))), r"mask: expected bool \(batch, time\) = \(2, 3\), got float64"),
        ((logits, targets, np.ones((2, 4), bool)), r"got bool \(2, 4\)"),
        ((logits, targets, np.zeros((2, 3), bool)), "not one real step"),
    ]:
        with pytest.raises(ValueError, match=message):
            softmax_cross_entropy(*arguments)
