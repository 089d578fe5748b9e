// Figures of a built page that need no model: each becomes live as soon as the page is there.

import { startAverage } from "./average.js";
import { startDescent } from "./descent.js";
import { attend, crossEntropy, descend, floor, softmax } from "./numbers.js";
import { speaker } from "./parts.js";
import { startSoftmax } from "./softmax.js";

const FIGURES = { average: startAverage, descent: startDescent, softmax: startSoftmax };

for (const root of document.querySelectorAll("[data-figure]")) {
  const options = JSON.parse(root.dataset.options);
  FIGURES[root.dataset.figure](root, options, speaker(options.language));
}

// For tests and for curious readers: the very functions that the figures use.
globalThis.fmlabFigures = { attend, crossEntropy, descend, floor, softmax };
