// The end of a chapter or lab: how many questions are answered, and a button that marks it as read.

import { dayText, el } from "./elements.js";
import { rightAnswers } from "./progress.js";
import { today } from "./store.js";

/** Fill the place that the page keeps for it, and write down what its questions are answered. */
export function showReadButton(store, t) {
  const frame = document.querySelector("[data-reading-end]");
  if (!frame) return;
  const page = frame.dataset.readingEnd;
  const questions = [...document.querySelectorAll(".fmlab-quiz [id^=quizWrap]")];
  const state = el("p", { class: "reading-state" });
  const told = el("p", { class: "reading-told", role: "status" });
  const button = el("button", { type: "button", class: "reading-button", onclick: toggle });
  const overview = el("a", { href: frame.dataset.progress }, t("allPages"));
  const scored = questions.length ? [el("p", { class: "reading-questions" })] : [];
  frame.append(
    el("section", { "aria-label": t("yourProgress") }, ...scored, state, button, told, overview),
  );

  store.onChange((progress) => {
    const day = progress.read.get(page);
    state.textContent = day ? t("readOn", { day: dayText(day) }) : t("notRead");
    button.textContent = day ? t("markUnread") : t("markRead");
    const right = rightAnswers(progress, page, questions.length);
    for (const line of scored) {
      line.textContent = t("questionsRight", { right, all: questions.length });
    }
  });

  function toggle() {
    store.change(({ read }) => {
      if (!read.delete(page)) read.set(page, today());
    });
    told.textContent = store.get().read.has(page) ? t("nowRead") : t("nowUnread");
  }

  document.addEventListener("fmlab-answer", (event) => {
    const place = questions.indexOf(event.target) + 1;
    if (place === 0) return;
    const before = rightAnswers(store.get(), page, questions.length);
    store.change((progress) => note(progress, page, String(place), event.detail.right));
    const now = rightAnswers(store.get(), page, questions.length);
    if (now === questions.length && now > before && !store.get().read.has(page)) {
      store.change(({ read }) => read.set(page, today()));
      told.textContent = t("quizDone");
    }
  });
}

/** Write down one answer; what was right once stays right. */
function note({ answers }, page, place, right) {
  if (!answers.has(page)) answers.set(page, new Map());
  answers.get(page).set(place, right || (answers.get(page).get(place) ?? false));
}
