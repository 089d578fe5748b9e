"""The chapter "BERT in code" keeps its promises: the article's own listing, sources, answers.

What its cells compute is checked by the build, which fails with them.
"""

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHAPTER = (ROOT / "book" / "05_bert_in_code.md").read_text(encoding="utf-8")
QUIZ = ROOT / "book" / "quizzes" / "en" / "05_bert_in_code.json"

# Section 5.2 of the article, as it stands there.
LISTING = """\
import torch
from transformers import BertModel, BertTokenizer

# 加载预训练模型和分词器
model = BertModel.from_pretrained('bert-base-uncased')
tokenizer = BertTokenizer.from_pretrained('bert-base-uncased')

# 定义输入数据
text = "Hello, I'm a base BERT model."
inputs = tokenizer(text, return_tensors="pt")

# 获取模型输出
outputs = model(**inputs)

# 打印输出结果
print(outputs.last_hidden_state)
"""


def blocks(kind: str) -> list[str]:
    """Return the bodies of the chapter's blocks of one kind, without their options."""
    bodies = re.findall(rf"(?ms)^```\{{{kind}\}}[^\n]*\n(.*?)^```$", CHAPTER)
    return [re.sub(r"(?s)\A(---\n.*?\n---\n|(:[^\n]*\n)+\n?)", "", body) for body in bodies]


CELLS = blocks("code-cell")
# Prose is what is left without code, options and directives.
PROSE = re.sub(r"(?ms)\A---\n.*?^---$|^```.*?^```$|`[^`]*`|\{[\w:]+\}", "", CHAPTER)


def test_the_listing_is_the_articles_but_for_the_name() -> None:
    (cell,) = [cell for cell in CELLS if "from transformers import BertModel, Bert" in cell]
    assert cell.count("from_pretrained(name)") == 2
    assert cell.replace("from_pretrained(name)", "from_pretrained('bert-base-uncased')") == LISTING


def test_the_name_is_changed_in_one_line() -> None:
    assert "name = checkpoint.shipped()\n" in CELLS
    assigned = [line for cell in CELLS for line in cell.splitlines() if line.startswith("name =")]
    assert len(assigned) == 1


def test_the_hub_is_asked_only_where_it_is_wanted_or_cached() -> None:
    asking = [cell for cell in CELLS if "bert-base-uncased" in cell]
    assert len(asking) == 1
    (branch,) = [n for n in ast.parse(asking[0]).body if isinstance(n, ast.If)]
    assert ast.unparse(branch.test) == "cached or os.environ.get('FMLAB_HUB') == '1'"
    outside = asking[0].split("if cached")[0] + asking[0].split("else:")[1]
    assert "from_pretrained" not in outside


def test_every_number_in_the_prose_that_is_glued_is_computed() -> None:
    used = set(re.findall(r"\{glue:text\}`(\w+)", CHAPTER))
    made = set(re.findall(r'glue\("(\w+)"', CHAPTER))
    assert used == made


def test_no_decimal_is_typed_but_those_of_a_cited_source() -> None:
    typed = set(re.findall(r"\b\d+\.\d+\b", PROSE))
    versions = {"3.7", "1.7", "4.6", "2.6"}
    of_reimers_and_gurevych, of_devlin = {"61.32", "54.81", "29.19"}, {"0.3", "5.3"}
    assert typed == versions | of_reimers_and_gurevych | of_devlin


def test_every_source_is_in_the_bibliography() -> None:
    cited = {
        key.strip()
        for keys in re.findall(r"\{cite:[pt]\}`([^`]+)`", CHAPTER)
        for key in keys.split(",")
    }
    entries = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
    assert cited <= set(re.findall(r"@\w+\{([^,]+),", entries))
    assert len(cited) > 15


def test_every_source_of_the_bibliography_has_an_address() -> None:
    text = (ROOT / "book" / "references.bib").read_text(encoding="utf-8")
    for entry in re.split(r"(?m)^@", text)[1:]:
        assert re.search(r"(?m)^\s*(doi|url|eprint|journal\s*=\s*\{arXiv)", entry), entry[:60]


@pytest.mark.parametrize("shown", sorted(set(re.findall(r"\{literalinclude\} (\S+)", CHAPTER))))
def test_code_that_is_shown_is_the_librarys(shown: str) -> None:
    source = (ROOT / "book" / shown).resolve()
    names = set()
    for node in ast.parse(source.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
            inner = getattr(node, "body", [])
            names |= {f"{node.name}.{n.name}" for n in inner if isinstance(n, ast.FunctionDef)}
    pattern = rf"\{{literalinclude\}} {re.escape(shown)}\n(?::.*\n)*?:pyobject: (\S+)"
    wanted = re.findall(pattern, CHAPTER)
    assert wanted
    assert set(wanted) <= names


def test_every_figure_has_an_alt_text() -> None:
    cells = re.findall(r"(?ms)^```\{code-cell\}[^\n]*\n(.*?)^```$", CHAPTER)
    drawing = [cell for cell in cells if re.search(r"(?m)^(\w+\.)?(chart|heat_map|layout)\(", cell)]
    assert len(drawing) == 3
    for cell in drawing:
        assert re.search(r"(?m)^    alt: \w", cell), cell


def test_cells_are_short() -> None:
    shown = [cell for cell in CELLS if not cell.startswith("\nglue") and "glue(" not in cell]
    lengths = [len([line for line in cell.splitlines() if line.strip()]) for cell in shown]
    assert max(lengths) <= 18
    assert sorted(lengths)[len(lengths) // 2] <= 10


def test_it_asks_before_it_tells() -> None:
    assert CHAPTER.count(":::{admonition} Predict") >= 8
    opening = CHAPTER.index("After this chapter you can")
    assert opening < CHAPTER.index("**Time:**") < CHAPTER.index("**Builds on:**")
    assert "What this chapter does not show" in CHAPTER


QUESTIONS: list[dict[str, Any]] = json.loads(QUIZ.read_text(encoding="utf-8"))


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q["question"][:40])
def test_a_question_has_one_right_answer_and_explains_each(question: dict[str, Any]) -> None:
    assert question["type"] in {"multiple_choice", "numeric"}
    assert sum(answer["correct"] for answer in question["answers"]) == 1
    for answer in question["answers"]:
        assert len(answer["feedback"]) > 15
    if question["type"] == "multiple_choice":
        places = [answer["correct"] for answer in question["answers"]]
        assert len(places) == 3


def test_the_right_answer_is_not_always_at_the_same_place() -> None:
    places = {
        [a["correct"] for a in q["answers"]].index(True)
        for q in QUESTIONS
        if q["type"] == "multiple_choice"
    }
    assert len(places) > 1
