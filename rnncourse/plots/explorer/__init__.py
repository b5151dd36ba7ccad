"""Text coloured by a hidden unit, in three layers: a picture, a page to explore without a kernel, a live widget.

>>> from rnncourse.plots.explorer import TextStates
"""

from rnncourse.plots.explorer.text_states import Explorer, TextStates

__all__ = ["Explorer", "TextStates"]
