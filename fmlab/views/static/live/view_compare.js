// Compare: two sentences, or one sentence at two moments of the model's training.

import { choice } from "./choice.js";
import { compareMoments } from "./compare_moments.js";
import { compareSentences } from "./compare_sentences.js";
import { sentence } from "./sentence.js";

export function compare(figure) {
  const { t, options } = figure;
  const mode = choice(figure, {
    label: t("compareWhat"),
    choices: [
      ["sentences", t("compareSentences")],
      ["moments", t("compareMoments")],
    ],
    value: options.second ? "sentences" : "moments",
    onChange: turn,
  });
  const first = sentence(figure, {
    label: t("sentenceA"),
    text: options.text,
    masked: options.masked,
    onChange: () => figure.redraw(),
  });
  const parts = {
    sentences: compareSentences(figure, first),
    moments: compareMoments(figure, first),
  };

  function arrange() {
    for (const [name, part] of Object.entries(parts)) part.show(name === mode.value);
    figure.limits.textContent = t(mode.value === "sentences" ? "compareLimits" : "momentsLimits");
  }

  function turn() {
    arrange();
    figure.drawing.replaceChildren();
    figure.redraw();
  }

  figure.drawing.before(figure.status); // the drawing is tall, and the line says what to look for
  arrange();
  return (current) => parts[mode.value].draw(current);
}
