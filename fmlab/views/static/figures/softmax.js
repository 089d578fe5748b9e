// Scores become probabilities; the reader moves the scores and the temperature.

import { el } from "../live/dom.js";
import { entropyBits } from "../live/numbers.js";
import { softmax } from "./numbers.js";
import { button, choice, control, number, percent, sayer, showRows, slider } from "./parts.js";

const RANGE = { min: -4, max: 4, step: 0.5 };

export function startSoftmax(root, options, t) {
  const { words, temperatures } = options;
  const state = { scores: [...options.scores], temperature: options.temperature };
  const say = sayer(root);

  function draw() {
    const shares = softmax(state.scores, state.temperature);
    const best = shares.indexOf(Math.max(...shares));
    const bits = entropyBits(shares);
    showRows(root, state.scores, shares);
    say(
      t("softmaxSaid", {
        temperature: state.temperature,
        word: words[best],
        share: percent(shares[best]),
        bits: number(bits),
        choices: number(2 ** bits, 1),
      }),
    );
  }

  const temperature = choice(t("temperature"), temperatures, state.temperature, (value) => {
    state.temperature = value;
    draw();
  });
  const sliders = words.map((word, i) =>
    slider(word, { ...RANGE, value: state.scores[i] }, number, (value) => {
      state.scores[i] = value;
      draw();
    }),
  );
  const moveAll = (scores) => {
    state.scores = scores;
    scores.forEach((score, i) => {
      sliders[i].move(score);
    });
    draw();
  };
  const more = button(t("addOne"), () => moveAll(state.scores.map((score) => score + 1)));
  const back = button(t("reset"), () => {
    state.temperature = options.temperature;
    temperature.move(options.temperature);
    moveAll([...options.scores]);
  });
  control(
    root,
    temperature.element,
    el(
      "fieldset",
      { class: "figure-group" },
      el("legend", { text: t("scores") }),
      ...sliders.map((one) => one.element),
    ),
    el("p", { class: "figure-buttons" }, more, back),
  );
  draw();
}
