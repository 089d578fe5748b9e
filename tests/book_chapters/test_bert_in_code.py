"""The chapter "BERT in code" keeps its promises: the article's own listing, sources, answers.

What its cells compute is checked by the build, which fails with them.
"""

import ast
import re

import pytest
from chapter_text import ROOT, Chapter

THIS = Chapter("05_bert_in_code")
CHAPTER, CELLS = THIS.text, THIS.cells

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


def test_no_decimal_is_typed_but_those_of_a_cited_source() -> None:
    versions = {"3.7", "1.7", "4.6", "2.6"}
    of_reimers_and_gurevych, of_devlin = {"61.32", "54.81", "29.19"}, {"0.3", "5.3"}
    assert THIS.decimals == versions | of_reimers_and_gurevych | of_devlin


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


def test_it_asks_before_it_tells() -> None:
    assert CHAPTER.count(":::{admonition} Predict") >= 8
    assert "What this chapter does not show" in CHAPTER
