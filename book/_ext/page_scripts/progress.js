// A reader's progress as a value: made, read from text, written as text, put together. No page here.

export const FORMAT = "fmlab-progress";
export const VERSION = 1;
const PAGE = /^[\w/-]{1,200}$/;
const PLACE = /^[1-9]\d{0,2}$/;
const DAY = /^\d{4}-\d\d-\d\d$/;

/** What is wrong with a text that should hold progress; `key` names the words for it. */
export class Unreadable extends Error {
  constructor(key, values = {}) {
    super(key);
    this.key = key;
    this.values = values;
  }
}

/**
 * Return progress in which nothing is done: `read` maps pages to days, `answers` pages to their
 * questions, counted from "1", and these to whether they were ever answered right.
 */
export function nothingDone() {
  return { read: new Map(), answers: new Map(), arrows: true };
}

/** Return the text of progress, for the browser's store and for a file. */
export function toText({ read, answers, arrows }) {
  const byPage = [...answers].map(([page, places]) => [page, Object.fromEntries(places)]);
  return JSON.stringify(
    {
      format: FORMAT,
      version: VERSION,
      read: Object.fromEntries(read),
      answers: Object.fromEntries(byPage),
      arrows,
    },
    null,
    1,
  );
}

/** Return the progress that a text holds; throw `Unreadable` where it holds none. */
export function fromText(text) {
  let found;
  try {
    found = JSON.parse(text);
  } catch {
    throw new Unreadable("notJson");
  }
  if (found?.format !== FORMAT) throw new Unreadable("notProgress");
  if (found.version !== VERSION) throw new Unreadable("otherVersion", { found: found.version });
  if (!["boolean", "undefined"].includes(typeof found.arrows)) damaged("arrows");
  const progress = nothingDone();
  progress.arrows = found.arrows ?? true;
  for (const [page, day] of entries(found.read, "read", PAGE)) {
    if (!isDay(day)) damaged(page);
    progress.read.set(page, day);
  }
  for (const [page, places] of entries(found.answers, "answers", PAGE)) {
    progress.answers.set(page, new Map());
    for (const [place, right] of entries(places, page, PLACE)) {
      if (typeof right !== "boolean") damaged(page);
      progress.answers.get(page).set(place, right);
    }
  }
  return progress;
}

/** Return what two progresses hold together: the earlier day, and the right answer. */
export function together(first, second) {
  const both = fromText(toText(first));
  for (const [page, day] of second.read) {
    const known = both.read.get(page);
    both.read.set(page, known && known < day ? known : day);
  }
  for (const [page, places] of second.answers) {
    if (!both.answers.has(page)) both.answers.set(page, new Map());
    const known = both.answers.get(page);
    for (const [place, right] of places) known.set(place, right || (known.get(place) ?? false));
  }
  return both;
}

/** Return how many of a page's first `all` questions are answered right. */
export function rightAnswers(progress, page, all) {
  const places = progress.answers.get(page) ?? new Map();
  return [...places].filter(([place, right]) => right && Number(place) <= all).length;
}

function entries(record, name, keys) {
  if (record === undefined) return [];
  if (typeof record !== "object" || record === null || Array.isArray(record)) damaged(name);
  const listed = Object.entries(record);
  for (const [key] of listed) if (!keys.test(key)) damaged(key.slice(0, 40));
  return listed;
}

function isDay(day) {
  return typeof day === "string" && DAY.test(day) && !Number.isNaN(Date.parse(day));
}

function damaged(place) {
  throw new Unreadable("damaged", { place });
}
