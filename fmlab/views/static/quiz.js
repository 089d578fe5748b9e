// Shows JupyterQuiz's questions in `frame`, and tells assistive technology what belongs together.
// biome-ignore lint/correctness/noUnusedVariables: fmlab/views/quiz.py calls it
function start(frame, questions, words) {
  frame.replaceChildren();
  frame.dataset.shuffleanswers = "False";
  show_questions(questions, frame);
  for (const question of frame.querySelectorAll(".Quiz")) {
    const asked = question.querySelector("[id^=quizQn]");
    const answers = question.querySelector(".Answer");
    const label = answers.querySelector("label.InpLabel");
    if (label) {
      label.textContent = words.type;
      label.htmlFor = answers.querySelector("input").id;
      answers.querySelector("input").setAttribute("aria-describedby", asked.id);
    } else {
      answers.setAttribute("role", "radiogroup");
      answers.setAttribute("aria-labelledby", asked.id);
    }
    question.querySelector(".Feedback").setAttribute("role", "status");
    tellAnswers(question);
  }
}

// Tells the page of each answer, by an event `fmlab-answer` at the question: is all of it right?
function tellAnswers(question) {
  const feedback = question.querySelector(".Feedback");
  new MutationObserver(() => {
    if (!feedback.textContent) return;
    const wanted = Number(feedback.dataset.numcorrect ?? 1);
    const found = Number(feedback.dataset.answeredcorrect ?? 0);
    const right = feedback.classList.contains("correct") && (wanted <= 1 || found === wanted);
    question.dispatchEvent(new CustomEvent("fmlab-answer", { bubbles: true, detail: { right } }));
  }).observe(feedback, { childList: true });
}
