"""The figure of two cut-offs stands alone, and shows without a script what Python counted."""

import json
import re

import pytest

from fmlab.errors import UserError
from fmlab.views.cut_offs import CutOffs

SCORES, A, B = [0.2, 0.5, 0.8], [10, 20, 10], [30, 10, 10]
FIGURE = CutOffs(SCORES, A, [A, B], choice=1)


def test_it_asks_no_other_host_for_anything() -> None:
    assert not re.search(r"""(src|href)\s*=|https?://""", FIGURE._repr_html_())


def test_without_scripts_the_table_is_there() -> None:
    plain = re.sub(r"(?s)<script>.*</script>", "", FIGURE._repr_html_())
    assert re.findall(r"<td>(.*?)</td>", plain)[:3] == ["75 %", "40 %", "35"]
    assert "The cut-off is 0.5 for A and 0.5 for B." in plain
    assert plain.count('scope="row"') == 4


def test_it_tells_the_script_the_base_rates() -> None:
    data = re.search(r'\), (\{"scores".*?\}), \{', FIGURE._repr_html_())
    assert data is not None
    assert json.loads(data[1])["bases"] == pytest.approx([0.5, 0.38])


def test_a_terminal_gets_the_rows() -> None:
    assert "paid back, of the accepted  60 %  65 %  5" in repr(FIGURE)


def test_a_cut_off_that_accepts_nobody_is_no_error() -> None:
    nobody = CutOffs(SCORES, A, [[40, 10, 0]], cut_offs=(0.5, 0.8))
    assert "nobody" in repr(nobody)


def test_a_count_that_lacks_is_refused() -> None:
    with pytest.raises(UserError, match="2 counts for 3 scores"):
        CutOffs(SCORES, A, [[1, 2]])
