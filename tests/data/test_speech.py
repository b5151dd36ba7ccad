import numpy as np
import pytest

from rnncourse.data import DamagedData, MissingData, japanese_vowels
from rnncourse.data.packages import data_file
from rnncourse.data.speech import TEST_COUNTS, cepstrum, simulated_vowels


@pytest.fixture(params=["recorded", "simulated"])
def utterances(request):
    return japanese_vowels(fallback=False) if request.param == "recorded" else simulated_vowels()


def test_sizes_lengths_and_labels(utterances):
    assert len(utterances.train) == 270 and len(utterances.test) == 370
    for part in (utterances.train, utterances.test):
        assert all(x.shape[1:] == (12,) and x.dtype == np.float64 and np.isfinite(x).all() for x in part)
        assert min(map(len, part)) >= 7 and max(map(len, part)) <= 29
    assert utterances.train_labels.dtype == np.int64
    np.testing.assert_array_equal(np.bincount(utterances.train_labels), np.full(9, 30))
    np.testing.assert_array_equal(np.bincount(utterances.test_labels), TEST_COUNTS)


def test_the_first_recorded_frame():
    x = japanese_vowels().train[0]
    assert x.shape == (20, 12)
    assert x[0, 0] == 1.860936 and x[1, 0] == 1.891651


def test_the_nearest_mean_of_a_speaker_tells_most_utterances(utterances):
    train, test = (np.array([x.mean(axis=0) for x in part]) for part in (utterances.train, utterances.test))
    centre = np.array([train[utterances.train_labels == k].mean(axis=0) for k in range(9)])
    guess = ((test[:, None] - centre) ** 2).sum(axis=2).argmin(axis=1)
    assert np.mean(guess == utterances.test_labels) > 0.8


def test_the_source_and_the_stand_in_name_themselves(without, capsys):
    assert "Kudo" in japanese_vowels().source and not japanese_vowels().fallback
    without("sktime", "aeon")
    data = japanese_vowels()
    out = capsys.readouterr().out
    assert out.count("\n") == 1 and "pip install sktime" in out and "simulated" in out
    assert data.fallback
    with pytest.raises(MissingData, match="Japanese Vowels"):
        japanese_vowels(fallback=False)


def test_aeon_carries_the_same_files(package, without, capsys):
    path = "{}/datasets/data/JapaneseVowels/JapaneseVowels_{}.ts"
    files = {p: data_file("sktime", path.format("sktime", p)).read_bytes() for p in ("TRAIN", "TEST")}
    package("aeon", {path.format("aeon", p): content for p, content in files.items()})
    without("sktime")
    data = japanese_vowels()
    assert "aeon 9.9" in data.source and "edition" not in data.source and not data.fallback
    assert capsys.readouterr().out == ""


def test_a_damaged_file_is_refused_and_no_stand_in_hides_it(package, without):
    train, test = (f"aeon/datasets/data/JapaneseVowels/JapaneseVowels_{p}.ts" for p in ("TRAIN", "TEST"))
    root = package("aeon", {train: b"@data\n1:1\n", test: b"@data\n1:1\n"})
    (root / test).write_bytes(b"@data\n1:")
    without("sktime")
    with pytest.raises(DamagedData, match="JapaneseVowels_TEST.ts"):
        japanese_vowels()


def test_the_simulation_is_always_the_same():
    np.testing.assert_array_equal(simulated_vowels().test[-1], simulated_vowels().test[-1])


def test_the_cepstrum_is_the_fourier_series_of_the_log_spectrum():
    formants, widths, tilt = np.array([[700.0, 1200.0]]), np.array([80.0, 110.0]), 0.5
    poles = np.exp(-np.pi * widths / 1e4 + 2j * np.pi * formants[0] / 1e4)
    z = np.exp(2j * np.pi * np.arange(4096) / 4096)
    polynomial = (1 - tilt / z) * np.prod([(1 - p / z) * (1 - p.conj() / z) for p in poles], axis=0)
    series = np.fft.ifft(-np.log(np.abs(polynomial))).real
    np.testing.assert_allclose(cepstrum(formants, widths, tilt)[0], 2 * series[1:13], atol=1e-9)
