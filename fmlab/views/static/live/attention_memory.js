// What the attention view asks of the model, and the matrices it draws: each only once.

import { names, probability } from "./effect.js";

const CANDIDATES = 50; // so many are compared with and without a head

/** Return a function that asks the model only what it was not asked just before. */
export function memory(figure) {
  const k = figure.options.k ?? 5;
  const kept = new Map();
  const once = async (question) => {
    const key = JSON.stringify(question);
    const answer = kept.get(key) ?? (await figure.ask(question));
    kept.delete(key);
    kept.set(key, answer);
    if (kept.size > 4) kept.delete(kept.keys().next().value);
    return answer;
  };
  return async (text, masked, watched, off) => {
    const question = { text, masked, k: CANDIDATES, asked: watched };
    const before = await once(question);
    if (!off.length) return { before, after: null };
    const after = await once({ ...question, off, asked: names(before.fills, watched) });
    const first = after.fills.map((fill) => ({ candidates: fill.candidates.slice(0, k) }));
    const news = names(first, []);
    const known = before.fills.every((fill) =>
      news.every((token) => probability(fill, token) !== null),
    );
    return {
      before: known ? before : await once({ ...question, asked: [...news, ...watched] }),
      after,
    };
  };
}

/** Return a function that gives the same matrix for the same choice, so that drawings can tell. */
export function matrices() {
  let [of, kept] = [null, new Map()];
  return (attentions, way, { layer, head }) => {
    if (of !== attentions) [of, kept] = [attentions, new Map()];
    const key = way === "average" || way === "rollout" ? `${way} ${layer}` : `${layer} ${head}`;
    if (!kept.has(key)) {
      if (way === "average") kept.set(key, attentions.average(layer));
      else if (way === "rollout") kept.set(key, attentions.rollout(layer));
      else kept.set(key, attentions.head(layer, head));
    }
    return kept.get(key);
  };
}
