// Two sentences that differ in a few words: what differs, and the second one out of the first.

/**
 * Return which words became which others, or null where more than single words differ.
 *
 * @param {string[]} before words of the one sentence
 * @param {string[]} after words of the other
 * @returns {Map<number, string>?} from a place in `before` to what stands there in `after`
 */
export function difference(before, after) {
  if (before.length === after.length) {
    const places = [...before.keys()].filter((place) => before[place] !== after[place]);
    return new Map(places.map((place) => [place, after[place]]));
  }
  let same = 0;
  while (same < before.length && before[same] === after[same]) same += 1;
  const rest = before.slice(same + 1);
  const until = after.length - rest.length;
  if (same === before.length || until <= same) return null;
  if (rest.some((word, i) => word !== after[until + i])) return null;
  return new Map([[same, after.slice(same, until).join(" ")]]);
}

/** Return whether a word of an answer is covered. */
export function covered({ tokens, wordOf }, place) {
  return tokens[wordOf.indexOf(place)] === "[MASK]";
}

/**
 * Return the words of the second sentence: the same places are covered, by as many tokens.
 *
 * @param {{words, wordOf, tokens}} answer of the first one
 * @param {Map<number, string>} changes
 */
export function changedWords(answer, changes) {
  return answer.words.map((word, place) => {
    if (!covered(answer, place)) return changes.get(place) ?? word;
    return Array(answer.wordOf.filter((w) => w === place).length)
      .fill("[MASK]")
      .join(" ");
  });
}
