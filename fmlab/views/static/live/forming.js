// When an answer forms: the guesses of the layers, and from which of them on the last one's stands.

/** Return for each place its guesses, layer after layer, in the order of the places. */
export function byPlace(fills) {
  const found = new Map();
  for (const fill of fills) {
    if (!found.has(fill.place)) found.set(fill.place, []);
    found.get(fill.place).push(fill);
  }
  return [...found.values()];
}

/**
 * Return when the last layer's first guess came up.
 *
 * @param {object[]} fills of one place, the embeddings first
 * @returns {{token, share, first, stays}} `first`: the lowest layer whose first guess it is;
 *   `stays`: from this layer on it is the first guess of every layer
 */
export function forming(fills) {
  const { token, probability } = fills.at(-1).candidates[0];
  const leads = fills.map((fill) => fill.candidates[0].token === token);
  const lost = leads.lastIndexOf(false);
  return {
    token,
    share: probability,
    first: fills[leads.indexOf(true)].layer,
    stays: fills[lost + 1].layer,
  };
}
