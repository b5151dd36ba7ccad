"""Nine speakers say two vowels: sequences of different lengths, one label each."""

from dataclasses import dataclass

import numpy as np

from rnncourse.data.dataset import DataSet, cite, first_available
from rnncourse.data.fingerprints import verify
from rnncourse.data.packages import data_file, first_installed
from rnncourse.data.ts_format import read_ts


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class Utterances(DataSet):
    """Lists of (T_i, 12) float64 arrays and their speakers (B,) int64, 0 to 8."""

    train: list[np.ndarray]
    train_labels: np.ndarray
    test: list[np.ndarray]
    test_labels: np.ndarray


def japanese_vowels(*, fallback=True):
    """Return 270 training and 370 test utterances of /ae/ by nine men; the task is to tell who speaks.

    A step is a frame of 6.4 ms with 12 cepstrum coefficients (numbers that describe the shape of the
    vocal tract); utterances last 7 to 29 frames. Training has 30 of each speaker, one speaker after
    the other, so shuffle before taking batches. Without `sktime` (or `aeon`, which has the same files)
    the speakers are simulated; `fallback=False` raises MissingData instead.
    Source: Kudo, Toyama and Shimbo 1999, Pattern Recognition Letters 20 (UCI archive).
    """
    return first_available([_recorded, simulated_vowels], fallback=fallback)


def _recorded():
    distribution = first_installed("sktime", "aeon")
    paths = [f"{distribution}/datasets/data/JapaneseVowels/JapaneseVowels_{part}.ts" for part in ("TRAIN", "TEST")]
    train, test = (data_file(distribution, path, "the Japanese Vowels recordings") for path in paths)
    note = verify("japanese vowels", distribution, paths)
    (train, train_labels), (test, test_labels) = read_ts(train), read_ts(test)
    source = cite("Japanese Vowels, nine speakers", distribution, "UCI archive, Kudo, Toyama and Shimbo 1999", note)
    return Utterances(train=train, train_labels=train_labels - 1, test=test, test_labels=test_labels - 1, source=source)


# Five formants (resonances, Hz) of a man's /a/ and /e/; Peterson and Barney 1952 give the first three.
OPEN = np.array([730.0, 1090.0, 2440.0, 3500.0, 4500.0])
FRONT = np.array([530.0, 1840.0, 2480.0, 3500.0, 4500.0])
WIDTHS = np.array([60.0, 90.0, 120.0, 175.0, 250.0])  # bandwidths, Hz
RATE = 10_000.0  # samples a second
TEST_COUNTS = (31, 35, 88, 44, 29, 24, 40, 50, 29)  # utterances of each speaker, as in the recordings


def simulated_vowels():
    """Return simulated utterances in the shape of `japanese_vowels`: the same sizes, always the same values.

    Each of nine speakers has a vocal tract of his own (formant frequencies, bandwidths, tilt) that glides
    from /a/ to /e/; a frame is the exact cepstrum of those resonances plus noise.
    """
    rng = np.random.default_rng(1999)
    speakers = [_speaker(rng) for _ in range(9)]
    train_labels = np.repeat(np.arange(9), 30)
    test_labels = np.repeat(np.arange(9), TEST_COUNTS)
    return Utterances(
        train=[_utterance(rng, speakers[k]) for k in train_labels],
        train_labels=train_labels,
        test=[_utterance(rng, speakers[k]) for k in test_labels],
        test_labels=test_labels,
        source="simulated: nine vocal tracts gliding from /a/ to /e/; rnncourse",
        fallback=True,
    )


def _speaker(rng):
    """One vocal tract: factors of formants (5,), of bandwidths (5,), and the pole of the spectral tilt."""
    length = rng.normal(1.0, 0.06)  # a longer tract lowers all formants together
    return length * rng.normal(1.0, 0.04, 5), rng.uniform(0.8, 1.8, 5), rng.uniform(0.3, 0.8)


def _utterance(rng, speaker):
    formant_factor, width_factor, tilt = speaker
    T = rng.integers(7, 30)
    glide = 1 / (1 + np.exp(-8 * (np.linspace(0, 1, T)[:, None] - rng.normal(0.5, 0.08))))  # (T, 1)
    formants = (OPEN + glide * (FRONT - OPEN)) * formant_factor * rng.normal(1.0, 0.016, 5)  # (T, 5)
    clean = cepstrum(formants, WIDTHS * width_factor, tilt + rng.normal(0, 0.03))
    drift = np.cumsum(rng.normal(0, 0.02, (T, 12)), axis=0)
    return clean + drift + rng.normal(0, 0.03, (T, 12))  # (T, 12)


def cepstrum(formants, widths, tilt, coefficients=12):
    """Cepstrum (T, coefficients) of resonances at `formants` (T, 5) Hz with bandwidths `widths` (5,) Hz.

    A pole z of an all-pole filter adds z**n / n to coefficient n (Atal 1974); a resonance is a pair of
    poles, `tilt` is one real pole.
    """
    n = np.arange(1, coefficients + 1)[:, None]  # (12, 1)
    radius, angle = np.exp(-np.pi * widths / RATE), 2 * np.pi * formants / RATE  # (5,), (T, 5)
    pairs = 2 * radius**n * np.cos(n * angle[:, None, :]) / n  # (T, 12, 5)
    return pairs.sum(axis=2) + (tilt**n / n)[:, 0]  # (T, 12)
