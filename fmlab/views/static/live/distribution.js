// All that a model would put at one place: every token of the vocabulary with its probability.

/** Return a question that asks for whole distributions. */
export function whole(figure, question) {
  return { ...question, k: figure.source.about.vocab };
}

/** Return a distribution of an answer to such a question: a Map from token to probability. */
export function distribution(fill) {
  return new Map(fill.candidates.map(({ token, probability }) => [token, probability]));
}

/**
 * Return the tokens that one of several distributions puts among its first, the most probable first,
 * and after them those that were asked for.
 *
 * @param {Map[]} distributions each of them in falling order
 * @param {number} k how many of each
 * @param {string[]} asked
 */
export function leaders(distributions, k, asked = []) {
  const top = new Set(distributions.flatMap((one) => [...one.keys()].slice(0, k)));
  const most = (token) => Math.max(...distributions.map((one) => one.get(token)));
  const first = [...top].sort((a, b) => most(b) - most(a));
  return [...first, ...asked.filter((token) => !top.has(token) && distributions[0].has(token))];
}

/** Return half the sum of the differences: 0 for the same numbers, 1 for nothing in common. */
export function totalVariation(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) sum += Math.abs(a[i] - b[i]);
  return sum / 2;
}
