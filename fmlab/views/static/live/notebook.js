// Live figures of a notebook: the same drawing as on a page, but Python answers.

import { Figure } from "./figure.js";
import { Attentions } from "./numbers.js";
import { VIEWS } from "./views.js";

function render({ model, el }) {
  const waiting = new Map();
  let last = 0;

  const hear = (message, buffers) => {
    const promise = waiting.get(message.id);
    if (!promise) return;
    waiting.delete(message.id);
    if (message.error) promise.reject(new Error(message.error));
    else promise.resolve(whole(message.answer, buffers[0]));
  };
  model.on("msg:custom", hear);

  const source = {
    about: model.get("about"),
    stages: model.get("stages"),
    ask: (question) =>
      new Promise((resolve, reject) => {
        last += 1;
        const id = `${model.model_id ?? "figure"}-${last}`;
        waiting.set(id, { resolve, reject });
        model.send({ id, question });
      }),
  };

  const frame = document.createElement("figure");
  frame.className = "fmlab-live";
  const root = document.createElement("div");
  root.className = "live-root";
  frame.append(root);
  el.append(frame);

  const show = () => {
    const options = {
      ...model.get("options"),
      text: model.get("text"),
      second: model.get("second"),
      layer: model.get("layer") - 1,
      head: model.get("head") - 1,
    };
    if (options.text !== model.get("options").text) options.masked = [];
    new Figure(root, VIEWS[options.view], options, source);
  };
  const FOLLOWED = "change:text change:second change:layer change:head change:options";
  model.on(FOLLOWED, show);
  show();
  return () => {
    model.off("msg:custom", hear);
    model.off(FOLLOWED, show);
  };
}

/** Return an answer with its attention weights, whose bytes came beside it. */
function whole(answer, buffer) {
  const bytes =
    buffer instanceof ArrayBuffer
      ? new Uint8Array(buffer)
      : new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const [layers, heads, size] = answer.shape;
  return {
    ...answer,
    attentions: new Attentions(new Float32Array(bytes.slice().buffer), layers, heads, size),
  };
}

export default { render };
