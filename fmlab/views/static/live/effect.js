// What changes in the model's guesses when heads are switched off.

/**
 * Return the probability that a fill gives a token; null where the model has no such token.
 *
 * @param {object} fill one covered place's answer (see engine.js)
 */
export function probability(fill, token) {
  const found =
    fill.candidates.find((c) => c.token === token) ?? fill.asked.find((c) => c.token === token);
  return found ? found.probability : null;
}

/**
 * Return how much of the probability moves to other tokens, 0 to 1, at one covered place.
 *
 * Counted over the candidates of `before` and all other tokens taken together, so it is the least
 * that moves.
 */
export function moved(before, after) {
  let [sum, restBefore, restAfter] = [0, 1, 1];
  for (const { token, probability: share } of before.candidates) {
    const now = probability(after, token) ?? 0;
    sum += Math.abs(share - now);
    restBefore -= share;
    restAfter -= now;
  }
  return (sum + Math.abs(restBefore - restAfter)) / 2;
}

/** Return the most probable of some tokens; null where fewer than two are in the vocabulary. */
export function leader(fill, tokens) {
  const known = tokens
    .map((token) => ({ token, probability: probability(fill, token) }))
    .filter((one) => one.probability !== null);
  if (known.length < 2) return null;
  return known.reduce((best, one) => (one.probability > best.probability ? one : best));
}

/** Return what share one of some tokens has of all that they have together. */
export function shareAmong(fill, token, tokens) {
  const sum = tokens.reduce((all, one) => all + (probability(fill, one) ?? 0), 0);
  return probability(fill, token) / sum;
}

/** Return every token that candidates or watched words name, each once. */
export function names(fills, watched) {
  return [
    ...new Set([...fills.flatMap((fill) => fill.candidates.map((c) => c.token)), ...watched]),
  ];
}
