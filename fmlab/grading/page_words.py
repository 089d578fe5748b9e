"""The words of the pages on results, one table a language. Each entry is a whole phrase."""

import os

ENGLISH: dict[str, str] = {
    # a student's page
    "feedback_title": "{lab}: feedback for {name}",
    "feedback_heading": "Feedback",
    "for_student": "For {name}",
    "points_of": "{points} of {total} points",
    "points_by_question": "Points by question",
    "question": "Question",
    "points": "Points",
    "together": "Together",
    "question_heading": "Question {name}",
    "why_not": "This question could not be marked as usual: {problem}.",
    "checks_of": "The checks of {name}",
    "check": "Check",
    "result": "Result",
    "passed": "passed",
    "failed": "not yet",
    "hidden_test": "A test that you do not see",
    "expected": "Expected",
    "got": "Yours",
    "likely": "Likely mistake",
    "expected_line": "expected: {text}",
    "got_line": "yours: {text}",
    "likely_line": "likely: {text}",
    "no_checks": "No check was run.",
    "your_answer": "Your answer",
    "no_answer": "No answer was found.",
    "cut": "Only the beginning is shown.",
    "waits": "Your instructor marks this question and has not done so yet.",
    "remark": "From your instructor",
    "rubric_of": "What your instructor marked in {name}",
    "criterion": "Criterion",
    "what_this_shows": (
        "Checks run your functions on small inputs. A check that passes shows that they were right "
        "there, not that they always are."
    ),
    # the page on which an instructor reads the answers to an open question
    "open_title": "{lab}: answers to {name}",
    "open_heading": "answers to {name}",
    "open_how": (
        "For instructors. Write points and comments into {sheet}, then grade again with the same "
        "command. The answers stand without names, in an order that says nothing about who wrote "
        "them; the first column of the sheet is an answer's own name."
    ),
    "open_rubric": "What is looked for",
    "good_answer": "One good answer",
    "no_answers": "There is no answer yet.",
    "answer_heading": "Answer {name}",
    "earlier_marks": "(an earlier answer had: {points})",
    # the instructor's page
    "overview_title": "{lab}: overview",
    "overview_heading": "Overview",
    "for_instructor": "For instructors: this page names hidden tests.",
    "counts": "{count} submissions; {refused} could not be marked at all.",
    "middle": "Mean {mean} and median {median} of {total} points, over those that could be marked.",
    "nobody": "There are no submissions.",
    "totals": "How the totals are spread",
    "totals_figure": "Bars: the number of submissions in each tenth of the points. {summary}",
    "totals_most": "Most, {count}, have {range} points.",
    "range": "{low} to {high}",
    "submissions": "Submissions",
    "difficulty": "How hard the questions were",
    "difficulty_caption": "Mean share of the points, and of submissions with all points",
    "mean_share": "Mean share",
    "full_share": "All points",
    "check_difficulty": "How hard the checks were",
    "check_caption": "Share of submissions that passed each check, among those it was run on",
    "passed_share": "Passed",
    "run_on": "Run on",
    "hidden": "hidden",
    "mistakes": "Common wrong answers",
    "mistakes_caption": "What checks said of wrong answers, the most frequent first",
    "mistake": "What was said",
    "students": "Students",
    "count": "How many",
    "and_more": "and {count} more",
    "no_mistakes": "No check said what was wrong.",
    "problems": "What could not be marked as usual",
    "problem": "Problem",
    "kind": "Kind",
    "no_problems": "Everything could be marked as usual.",
    "all_submissions": "All submissions",
    "student": "Student",
    "total": "Total",
    "flags": "To look at",
    "per_cent": "{share} %",
}

TABLES: dict[str, dict[str, str]] = {"en": ENGLISH}


def language() -> str:
    """Return the language of the pages, as HTML names it: `FMLAB_LANG` where there is a table."""
    asked = os.environ.get("FMLAB_LANG", "en")
    return asked if asked in TABLES else "en"


def page_word(key: str, **values: object) -> str:
    """Return a phrase in the language of `FMLAB_LANG`, English where it has none."""
    return TABLES[language()].get(key, ENGLISH[key]).format(**values)
