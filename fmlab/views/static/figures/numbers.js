// What the figures compute; fmlab/views/figures/numbers.py does the same, and a test compares them.

const ROUNDING = 1e-12;

/** Return probabilities for scores that are divided by a temperature first. */
export function softmax(scores, temperature = 1) {
  const top = Math.max(...scores);
  const powers = scores.map((score) => Math.exp((score - top) / temperature));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** Return the cross-entropy of wanted probabilities and the softmax of scores, in nats. */
export function crossEntropy(wanted, scores) {
  const top = Math.max(...scores);
  const sum = scores.reduce((total, score) => total + Math.exp(score - top), 0);
  return top + Math.log(sum) - wanted.reduce((total, q, i) => total + q * scores[i], 0);
}

/** Return gradient descent on two of three scores; the third stays 0. */
export function descend(wanted, start, rate, steps) {
  const places = [start];
  for (let step = 0; step < steps; step += 1) {
    const [a, b] = places[step];
    const found = softmax([a, b, 0]);
    places.push([a - rate * (found[0] - wanted[0]), b - rate * (found[1] - wanted[1])]);
  }
  return { places, losses: places.map(([a, b]) => crossEntropy(wanted, [a, b, 0])) };
}

/** Return the lowest loss there is: the entropy of what is wanted, in nats. */
export function floor(wanted) {
  return crossEntropy(wanted, wanted.map(Math.log));
}

/** Return in how many steps a loss grew; what rounding does at the floor is no growth. */
export function growingSteps(losses) {
  return losses.filter((loss, i) => i > 0 && loss > losses[i - 1] + ROUNDING).length;
}

/** Return what one query of two numbers finds: scores, weights, the average of the values. */
export function attend(query, keys, values) {
  const scores = keys.map(([x, y]) => (query[0] * x + query[1] * y) / Math.SQRT2);
  const weights = softmax(scores);
  const mean = (axis) => weights.reduce((sum, weight, i) => sum + weight * values[i][axis], 0);
  return { scores, weights, result: [mean(0), mean(1)] };
}
