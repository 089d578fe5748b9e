// Names for the tokens of a sentence, each another.

/** Return tokens with a number behind those that stand in the sentence more than once. */
export function numbered(tokens) {
  const counts = new Map();
  return tokens.map((token) => {
    counts.set(token, (counts.get(token) ?? 0) + 1);
    return tokens.indexOf(token) === tokens.lastIndexOf(token)
      ? token
      : `${token} (${counts.get(token)})`;
  });
}

/** Return names for the places of two sentences of the same length: both, where they differ. */
export function numberedBoth(a, b) {
  const [first, second] = [numbered(a), numbered(b)];
  return first.map((name, i) => (a[i] === b[i] ? name : `${name} / ${second[i]}`));
}
