// The progress page: its table filled in, and progress saved to a file, added from one, deleted.

import { dayText, el } from "./elements.js";
import { fromText, rightAnswers, together, toText, Unreadable } from "./progress.js";

const FILE = "fmlab-progress.json";
const LARGEST = 1_000_000; // bytes

/** Fill the page's table and put the controls below it. */
export function showProgressPage(store, t) {
  const frame = document.querySelector("[data-progress-table]");
  if (!frame) return;
  const rows = [...frame.querySelectorAll("tr[data-page]")];
  const sums = frame.querySelector(".progress-sums");
  const told = el("p", { class: "reading-told", role: "status" });
  const tell = (key, values) => {
    told.textContent = t(key, values);
  };
  if (!store.keeps) frame.append(el("p", { class: "progress-not-kept" }, t("notKept")));
  frame.append(controls(store, t, tell), told);
  store.onChange((progress) => {
    let right = 0;
    let all = 0;
    for (const row of rows) {
      const { page } = row.dataset;
      const questions = Number(row.dataset.questions);
      const here = rightAnswers(progress, page, questions);
      const day = progress.read.get(page);
      const [read, answered] = row.querySelectorAll("td");
      read.textContent = day ? t("readOnDay", { day: dayText(day) }) : t("notYet");
      answered.textContent = questions
        ? t("rightOf", { right: here, all: questions })
        : t("noQuestions");
      right += here;
      all += questions;
    }
    const read = rows.filter((row) => progress.read.has(row.dataset.page)).length;
    sums.textContent = t("sums", { read, pages: rows.length, right, all });
  });
}

function controls(store, t, tell) {
  const save = () => {
    download(toText(store.get()));
    tell("saved", { name: FILE });
  };
  return el(
    "div",
    { class: "progress-controls" },
    el("button", { type: "button", class: "reading-button", onclick: save }, t("save")),
    fileChoice(store, t, tell),
    removal(store, t, tell),
    arrowChoice(store, t),
  );
}

function download(text) {
  const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
  el("a", { href: address, download: FILE }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

/** A button that opens the browser's own choice of a file; the hidden input takes no focus. */
function fileChoice(store, t, tell) {
  const input = el("input", {
    type: "file",
    accept: ".json,application/json",
    hidden: true,
    "aria-label": t("load"),
  });
  const button = el(
    "button",
    { type: "button", class: "reading-button", "aria-describedby": "progress-load-hint" },
    t("load"),
  );
  button.addEventListener("click", () => input.click());
  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (file) await add(file, store, tell);
    input.value = ""; // the same file can be chosen again
  });
  const hint = el("span", { id: "progress-load-hint", class: "progress-hint" }, t("loadHint"));
  return el("div", {}, button, input, hint);
}

async function add(file, store, tell) {
  const { name } = file;
  if (file.size > LARGEST) return tell("tooLarge", { name });
  try {
    const found = fromText(await file.text());
    store.put(together(store.get(), found));
    const answers = [...found.answers.values()].reduce((sum, places) => sum + places.size, 0);
    return tell("loaded", { name, read: found.read.size, answers });
  } catch (error) {
    if (error instanceof Unreadable) return tell(error.key, { name, ...error.values });
    return tell("cannotRead", { name });
  }
}

/** A button that asks once more before it deletes. */
function removal(store, t, tell) {
  const open = el("button", { type: "button", class: "reading-button" }, t("remove"));
  const no = el("button", { type: "button", class: "reading-button" }, t("removeNo"));
  const yes = el("button", { type: "button", class: "reading-button" }, t("removeYes"));
  const asked = el(
    "div",
    { role: "group", "aria-labelledby": "progress-sure", class: "progress-sure", hidden: true },
    el("p", { id: "progress-sure" }, t("removeSure")),
    no,
    yes,
  );
  const show = (asks) => {
    asked.hidden = !asks;
    open.hidden = asks;
    (asks ? no : open).focus();
  };
  open.addEventListener("click", () => show(true));
  no.addEventListener("click", () => show(false));
  yes.addEventListener("click", () => {
    store.forget();
    show(false);
    tell("removed");
  });
  asked.addEventListener("keydown", (event) => {
    if (event.key === "Escape") show(false);
  });
  return el("div", {}, open, asked);
}

function arrowChoice(store, t) {
  const box = el("input", { type: "checkbox" });
  box.addEventListener("change", () => {
    store.change((progress) => {
      progress.arrows = box.checked;
    });
  });
  store.onChange(({ arrows }) => {
    box.checked = arrows;
  });
  return el("label", { class: "progress-arrows" }, box, t("arrows"));
}
