// Attention as a weighted average; the reader moves the query, by sliders or in the plane.

import { el } from "../live/dom.js";
import { attend } from "./numbers.js";
import { control, number, parts, percent, sayer, set, showRows, slider } from "./parts.js";

const STEP = 0.25;

export function startAverage(root, options, t) {
  const { words, keys, values, edge, size } = options;
  const state = { query: [...options.query] };
  const say = sayer(root);
  const part = (name) => parts(root, name)[0];
  const at = ([x, y]) => [(size * (x + edge)) / (2 * edge), (size * (edge - y)) / (2 * edge)];

  function drawQuery() {
    const [x, y] = at(state.query);
    set(part("arrow"), { d: `M${size / 2} ${size / 2}L${x.toFixed(1)} ${y.toFixed(1)}` });
    set(part("handle"), { cx: x.toFixed(1), cy: y.toFixed(1) });
    set(part("queryName"), { x: x.toFixed(1), y: beside(y, 22) });
  }

  function drawValues({ weights, result }) {
    const [x, y] = at(result);
    const [pulls, circles] = [parts(root, "pull"), parts(root, "value")];
    values.map(at).forEach(([a, b], i) => {
      set(pulls[i], {
        "stroke-width": (6 * weights[i]).toFixed(2),
        d: `M${x.toFixed(1)} ${y.toFixed(1)}L${a.toFixed(1)} ${b.toFixed(1)}`,
      });
      set(circles[i], { r: (2 + 12 * Math.sqrt(weights[i])).toFixed(2) });
    });
    set(part("result"), { x: (x - 5).toFixed(1), y: (y - 5).toFixed(1) });
    set(part("resultName"), { x: x.toFixed(1), y: beside(y, 19) });
  }

  /** Return where a name stands: under its place, or above it where there is no room below. */
  function beside(y, under) {
    return (y + under > size - 4 ? y - 14 : y + under).toFixed(1);
  }

  function draw() {
    const found = attend(state.query, keys, values);
    const best = found.weights.indexOf(Math.max(...found.weights));
    showRows(root, found.scores, found.weights);
    drawQuery();
    drawValues(found);
    say(
      t("averageSaid", {
        x: number(state.query[0]),
        y: number(state.query[1]),
        word: words[best],
        share: percent(found.weights[best]),
        a: number(found.result[0]),
        b: number(found.result[1]),
      }),
    );
  }

  const range = { min: -edge, max: edge, step: STEP };
  const sliders = ["averageFirst", "averageSecond"].map((key, axis) =>
    slider(t(key), { ...range, value: state.query[axis] }, number, (value) => {
      state.query[axis] = value;
      draw();
    }),
  );
  const moveTo = (query) => {
    state.query = query;
    query.forEach((value, axis) => {
      sliders[axis].move(value);
    });
    draw();
  };
  listen(part("plane"), part("handle"), size, edge, moveTo);
  const hint = el("p", { class: "live-hint", text: t("averageDrag") });
  control(root, ...sliders.map((one) => one.element), hint);
  draw();
}

/** Let the reader press in the plane, and drag the query's handle. */
function listen(plane, handle, size, edge, moveTo) {
  const place = (event) => {
    const box = plane.getBoundingClientRect();
    const x = ((event.clientX - box.left) / box.width) * size;
    const y = ((event.clientY - box.top) / box.height) * size;
    const near = (n) => Math.min(Math.max(Math.round(n / STEP) * STEP, -edge), edge);
    return [near((2 * edge * x) / size - edge), near(edge - (2 * edge * y) / size)];
  };
  plane.addEventListener("click", (event) => moveTo(place(event)));
  handle.addEventListener("pointerdown", (event) => handle.setPointerCapture(event.pointerId));
  handle.addEventListener("pointermove", (event) => {
    if (handle.hasPointerCapture(event.pointerId)) moveTo(place(event));
  });
}
