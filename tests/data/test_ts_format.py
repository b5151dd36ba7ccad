import numpy as np
import pytest

from rnncourse.data.ts_format import read_ts


def write(tmp_path, text):
    path = tmp_path / "toy.ts"
    path.write_text(text)
    return path


def test_dimensions_become_the_last_axis_and_lengths_may_differ(tmp_path):
    series, labels = read_ts(write(tmp_path, "# note\n@univariate false\n@DATA\n1,2,3:4,5,6:7\n\n# note\n8:9:2\n"))
    np.testing.assert_array_equal(series[0], [[1, 4], [2, 5], [3, 6]])
    np.testing.assert_array_equal(series[1], [[8, 9]])
    np.testing.assert_array_equal(labels, [7, 2])
    assert labels.dtype == np.int64 and series[0].dtype == np.float64


@pytest.mark.parametrize("bad", ["1,x:2", "1,2:red", "1,2:3,4,5:1", "1,,2:1"])
def test_a_bad_line_is_named(tmp_path, bad):
    with pytest.raises(ValueError, match="line 3: not a series"):
        read_ts(write(tmp_path, f"@data\n1,2:1\n{bad}\n"))


@pytest.mark.parametrize("text", ["", "1,2:1\n", "@data\n"])
def test_a_file_without_series_is_refused(tmp_path, text):
    with pytest.raises(ValueError, match="expected a line '@data'"):
        read_ts(write(tmp_path, text))
