"""Texts as ids and back: every character, or every word, has a number, and so do filling, beginning and end."""

import numpy as np

PAD, START, END = 0, 1, 2  # ids that no token has


class Symbols:
    """The tokens of some texts, numbered from 3 in sorted order; 0 fills up, 1 begins, 2 ends a sequence.

    A text is a string, whose tokens are its characters, or a list of words.

    >>> symbols = Symbols(["12 may", "1 june"])
    >>> ids, lengths = symbols.encode(["12 may", "1"])
    >>> symbols.decode(ids)
    ['12 may', '1']
    >>> lengths.tolist(), ids[1].tolist()
    ([8, 3], [1, 4, 2, 0, 0, 0, 0, 0])
    """

    def __init__(self, texts):
        self.tokens = sorted({token for text in texts for token in text})
        self._words = any(not isinstance(text, str) for text in texts)
        self._ids = {token: number for number, token in enumerate(self.tokens, start=END + 1)}

    def __len__(self):
        """How many ids there are, the three special ones among them."""
        return len(self.tokens) + END + 1

    def __repr__(self):
        return f"Symbols({len(self)} ids: pad, start, end and {len(self.tokens)} {'words' if self._words else 'characters'})"

    def encode(self, texts):
        """Return ids (N, T) int64, each START, tokens, END, then PAD, and lengths (N,) with START and END counted.

        Raises ValueError for no text at all and for a token that has no number.
        """
        rows = [[START, *(self._id(token) for token in text), END] for text in texts]
        if not rows:
            raise ValueError("texts: expected one or more, got none")
        lengths = np.array([len(row) for row in rows], dtype=np.int64)
        ids = np.full((len(rows), lengths.max()), PAD, dtype=np.int64)
        for row, values in zip(ids, rows, strict=True):
            row[: len(values)] = values
        return ids, lengths

    def decode(self, ids):
        """Return the texts of ids (N, T), up to each END; START and PAD say nothing. Raises ValueError for no id of these."""
        return [self._text(row) for row in np.asarray(ids)]

    def _id(self, token):
        if token not in self._ids:
            raise ValueError(f"texts: {token!r} has no number; known are {''.join(map(str, self.tokens))!r:.80}")
        return self._ids[token]

    def _text(self, row):
        tokens = []
        for number in row.tolist():
            if number == END:
                break
            if not 0 <= number < len(self):
                raise ValueError(f"ids: expected 0 to {len(self) - 1}, got {number}")
            if number > END:
                tokens.append(self.tokens[number - END - 1])
        return tokens if self._words else "".join(tokens)
