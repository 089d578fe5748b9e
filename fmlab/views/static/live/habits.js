// What a head mostly does for one sentence: the shares of its attention that go to five kinds of
// place. As in probes/attention_statistics.py (Clark et al. 2019, arXiv:1906.04341), each is a mean
// over the tokens that have such a place.

const WORTH_SAYING = 0.15;

/**
 * Return where a head looks.
 *
 * @param {Float32Array} weights size x size, row after row
 * @returns {{previous, next, self, first, last}} `first` is [CLS] and `last` is [SEP]
 */
export function habits(weights, size) {
  const sums = { previous: 0, next: 0, self: 0, first: 0, last: 0 };
  for (let i = 0; i < size; i += 1) {
    const row = i * size;
    if (i > 0) sums.previous += weights[row + i - 1] / (size - 1);
    if (i < size - 1) sums.next += weights[row + i + 1] / (size - 1);
    sums.self += weights[row + i] / size;
    sums.first += weights[row] / size;
    sums.last += weights[row + size - 1] / size;
  }
  return sums;
}

/** Return the one or two habits that take a good part of the attention, the larger one first. */
export function chief(shares) {
  return Object.entries(shares)
    .filter(([, share]) => share >= WORTH_SAYING)
    .sort((a, b) => b[1] - a[1])
    .slice(0, 2);
}
