"""A quiz stands alone, tells right from wrong, and is readable without any script."""

import json
import re
import sys
from pathlib import Path

import pytest

from fmlab.errors import UserError
from fmlab.views.quiz import Quiz, quiz

QUESTION = {
    "question": "What is <code>2 + 2</code>?",
    "type": "multiple_choice",
    "answers": [
        {"answer": "4", "correct": True, "feedback": "Yes. </script> is text here."},
        {"answer": "5", "correct": False, "feedback": "No."},
    ],
}


def written(folder: Path, content: str, language: str = "en") -> Path:
    (folder / language).mkdir(parents=True)
    (folder / language / "a.json").write_text(content, encoding="utf-8")
    return folder


def test_the_page_asks_no_other_host_for_anything() -> None:
    assert not re.search(r"""(src|href)\s*=\s*['"]?(https?:)?//""", Quiz([QUESTION])._repr_html_())
    assert "cdn." not in Quiz([QUESTION])._repr_html_()


def test_answers_are_there_without_scripts() -> None:
    without = re.sub(r"(?s)<script>.*</script>", "", Quiz([QUESTION])._repr_html_())
    assert "What is <code>2 + 2</code>?" in without
    assert "<details><summary>Answer</summary><p>4 Yes." in without


def test_answers_are_there_without_jupyterquiz(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jupyterquiz", None)
    page = Quiz([QUESTION])._repr_html_()
    assert "<script" not in page
    assert "<details>" in page


def test_text_cannot_end_the_script_early() -> None:
    page = Quiz([QUESTION])._repr_html_()
    script = page[page.index("<script>") :]
    assert script.count("</script>") == 1
    assert script.endswith("</script>")


def test_every_element_that_is_opened_is_closed() -> None:
    page = re.sub(r"(?s)<(script|style)>.*?</\1>", "", Quiz([QUESTION])._repr_html_())
    for name in ("div", "ol", "ul", "li", "p", "details", "summary"):
        assert len(re.findall(rf"<{name}\b", page)) == page.count(f"</{name}>"), name


def test_a_quiz_is_found_by_language(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(tmp_path, json.dumps([QUESTION]))
    other = {**QUESTION, "question": "二加二是几?"}
    written(tmp_path, json.dumps([other]), "zh_CN")
    assert quiz("a", tmp_path).questions == [QUESTION]
    assert quiz("a", tmp_path, "zh_CN").questions == [other]
    monkeypatch.setenv("FMLAB_LANGUAGE", "zh_CN")
    assert quiz("a", tmp_path).questions == [other]


def test_a_missing_or_broken_quiz_is_told_in_one_line(tmp_path: Path) -> None:
    written(tmp_path, "[{")
    with pytest.raises(UserError, match="is not JSON"):
        quiz("a", tmp_path)
    with pytest.raises(UserError, match="no quiz"):
        quiz("b", tmp_path)
