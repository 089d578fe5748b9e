"""Questions with instant answers, in a notebook and on a static page alike.

The questions are JupyterQuiz's (https://github.com/jmshea/jupyterquiz), with its scripts. What is
added here: nothing is asked of another host, a keyboard and a screen reader get through, and
without JavaScript or without JupyterQuiz the answers are still there, folded away.
"""

import importlib.resources
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fmlab.errors import UserError
from fmlab.files import sha256_bytes

STATIC = importlib.resources.files("fmlab.views") / "static"
# The few words that are not in a quiz's own file, for each language.
WORDS = {
    "en": {"answer": "Answer", "type": "Type a number, then press Enter:"},
    "zh_CN": {"answer": "答案", "type": "输入一个数并按回车"},
}
# JupyterQuiz loads a MathJax of its own from here when the page's is not ready yet.
ELSEWHERE = "https://cdn.jsdelivr.net/npm/mathjax@3/es5/tex-svg.js"


@dataclass(frozen=True)
class Quiz:
    """Questions, each a dict in JupyterQuiz's format; shown by a notebook as they are."""

    questions: list[dict[str, Any]]
    language: str = "en"

    def _repr_html_(self) -> str:
        """Return the quiz as HTML that needs nothing but itself."""
        data = json.dumps(self.questions, ensure_ascii=False)
        name = f"quiz-{sha256_bytes(data.encode())[:10]}"
        words = WORDS.get(self.language, WORDS["en"])
        folded = "".join(_folded(question, words["answer"]) for question in self.questions)
        styles = f"<style>{(STATIC / 'quiz.css').read_text(encoding='utf-8')}</style>"
        plain = f'<div class="fmlab-quiz" id="{name}"><ol class="folded">{folded}</ol></div>'
        scripts = _scripts()
        if scripts is None:
            return styles + plain
        quiz_js = (STATIC / "quiz.js").read_text(encoding="utf-8")
        arguments = f"{data}, {json.dumps(words, ensure_ascii=False)}"
        safe = arguments.replace("</", "<\\/")  # a "</script>" inside would end the script early
        return (
            f"{styles}{plain}<script>(() => {{\nconst MathJax = undefined;\n"
            "const console = {...window.console, log() {}};\n"
            f"{scripts}\n{quiz_js}\nstart(document.getElementById({json.dumps(name)}), {safe});\n"
            "})();</script>"
        )

    def __repr__(self) -> str:
        """Return the questions as text, for a terminal."""
        return "\n".join(f"{i}. {q['question']}" for i, q in enumerate(self.questions, 1))


def quiz(name: str, folder: Path | str = "quizzes", language: str | None = None) -> Quiz:
    """Return the quiz `folder/language/name.json`.

    Args:
        name: The chapter it belongs to, for example `05_bert_in_code`.
        folder: Where the languages' folders are; relative to the notebook.
        language: `en`, `zh_CN`, ...; else `FMLAB_LANGUAGE`, else `en`.

    Raises:
        UserError: There is no such file, or it is not JSON.
    """
    language = language or os.environ.get("FMLAB_LANGUAGE", "en")
    path = Path(folder) / language / f"{name}.json"
    try:
        questions = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"no quiz {path}; check its name and the language") from error
    except ValueError as error:
        raise UserError(f"{path} is not JSON ({error}); mend the line that it names") from error
    return Quiz(questions, language)


def _scripts() -> str | None:
    """Return JupyterQuiz's scripts in their order, or None where it is not installed."""
    try:
        folder = importlib.resources.files("jupyterquiz") / "js"
    except ModuleNotFoundError:
        return None
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".js")), key=lambda f: f.name)
    return "\n".join(f.read_text(encoding="utf-8") for f in files).replace(ELSEWHERE, "")


def _folded(question: dict[str, Any], word: str) -> str:
    """Return one question with its answer folded away, for a page without scripts."""
    right = [answer for answer in question["answers"] if answer.get("correct")]
    told = [f"{a.get('answer', a.get('value', ''))} {a.get('feedback', '')}" for a in right]
    choices = [a["answer"] for a in question["answers"] if "answer" in a]
    listed = "".join(f"<li>{choice}</li>" for choice in choices)
    return (
        f"<li><p>{question['question']}</p><ul>{listed}</ul>"
        f"<details><summary>{word}</summary><p>{' '.join(told)}</p></details></li>"
    )
