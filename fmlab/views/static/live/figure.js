// What every live figure has: a place to draw, a table with the same content, a line that is read
// out, what it does not show, and the reader's own model.

import { el, freshId } from "./dom.js";
import { speaker } from "./language.js";
import { BadFile } from "./model_file.js";
import { table } from "./tables.js";

/**
 * @typedef {object} Source where answers come from
 * @property {(question: object) => Promise<object>} ask
 * @property {{name, layers, heads, positions}} about
 * @property {{step, tokens, loss, file}[]} stages of its training, earliest first; maybe none
 */

export class Figure {
  /**
   * Fill an element with a live figure.
   *
   * @param {HTMLElement} root
   * @param {Function} view one of views.js
   * @param {object} options of the author: text, masked, layer, head, …
   * @param {Source} source
   * @param {(bytes: Uint8Array) => Promise<Source>} open opens the reader's own model; or nothing
   */
  constructor(root, view, options, source, open) {
    this.root = root;
    this.options = options;
    this.source = source;
    this.first = source;
    this.open = open;
    this.view = view;
    this.t = speaker(options.language);
    this.#build();
    this.start();
  }

  #drawing = 0;

  #build() {
    this.controls = el("div", { class: "live-controls" });
    this.drawing = el("div", { class: "live-drawing" });
    this.status = el("p", { class: "live-status", role: "status" });
    this.warning = el("p", { class: "live-warning", role: "alert" });
    this.tableBox = el("div");
    this.limits = el("p");
    this.modelLine = el("p", { class: "live-model" });
    this.root.replaceChildren(
      this.controls,
      this.warning,
      this.drawing,
      this.status,
      el("details", {}, el("summary", { text: this.t("asTable") }), this.tableBox),
      el("details", {}, el("summary", { text: this.t("doesNotShow") }), this.limits),
    );
    if (this.open) this.root.append(this.#ownModel());
    this.root.append(this.modelLine);
  }

  /** Begin anew with the model that is now the source. */
  start() {
    const { name, layers, heads } = this.source.about;
    const line = [this.t("model", { name }), this.t("modelSizes", { layers, heads })];
    this.modelLine.textContent = line.join(" · ");
    this.controls.replaceChildren();
    this.drawing.replaceChildren();
    this.warning.textContent = "";
    this.draw = this.view(this);
    return this.redraw();
  }

  /** Draw; of several calls in a row only the last is shown. */
  async redraw() {
    this.#drawing += 1;
    const turn = this.#drawing;
    const current = () => turn === this.#drawing;
    try {
      this.root.setAttribute("aria-busy", "true");
      await this.draw(current);
      this.failed = false;
    } catch (error) {
      if (!current()) return;
      this.failed = true;
      this.warn(this.t("failed", { why: error.message }));
    } finally {
      if (current()) this.root.removeAttribute("aria-busy");
    }
  }

  /** Ask the model; says below the sentence where a text was too long. */
  async ask(question) {
    const answer = await this.source.ask(question);
    this.warnOfCut([answer]);
    return answer;
  }

  /** Say where a text was too long for the model; of several, which is the first that was. */
  warnOfCut(answers) {
    const cut = answers.find((answer) => answer.cut);
    const { positions } = this.source.about;
    this.warn(cut ? this.t("tooLong", { positions, kept: cut.tokens.length }) : "");
  }

  /** Say in one line what is drawn; a screen reader reads it out. */
  say(text) {
    if (this.status.textContent !== text) this.status.textContent = text;
  }

  warn(text) {
    if (this.warning.textContent !== text) this.warning.textContent = text;
  }

  /** Show the same content as a table. */
  tabulate(caption, columns, rows) {
    this.tableBox.replaceChildren(table(caption, columns, rows));
  }

  #ownModel() {
    const id = freshId("live-file");
    const picker = el("input", { id, type: "file" });
    const back = el("button", { type: "button", class: "live-button", hidden: true });
    back.addEventListener("click", () => {
      this.source = this.first;
      back.hidden = true;
      picker.value = "";
      this.start();
    });
    picker.addEventListener("change", () => picker.files[0] && this.#show(picker.files[0], back));
    this.#drops(back);
    return el(
      "details",
      { class: "live-own" },
      el("summary", { text: this.t("ownModel") }),
      el("p", {}, el("label", { for: id, text: this.t("ownModelHint") })),
      el("p", {}, picker, back),
    );
  }

  #drops(back) {
    const stop = (event) => {
      if (![...event.dataTransfer.types].includes("Files")) return;
      event.preventDefault();
      this.root.classList.toggle("live-over", event.type === "dragover");
      if (event.type === "drop" && event.dataTransfer.files[0]) {
        this.#show(event.dataTransfer.files[0], back);
      }
    };
    for (const name of ["dragover", "dragleave", "drop"]) this.root.addEventListener(name, stop);
  }

  /** Show a model from the reader's file; a file that is none leaves everything as it is. */
  async #show(file, back) {
    try {
      this.root.setAttribute("aria-busy", "true");
      const source = await this.open(new Uint8Array(await file.arrayBuffer()));
      this.source = source;
      await this.start();
      back.textContent = this.t("backToFirst", { name: this.first.about.name });
      back.hidden = false;
      this.modelLine.textContent = this.t("ownModelShown", { name: source.about.name });
    } catch (error) {
      const why = error instanceof BadFile ? this.t(error.key, error.values) : null;
      this.warn(why ?? this.t("cannotRead", { why: error.message }));
    } finally {
      this.root.removeAttribute("aria-busy");
    }
  }
}
