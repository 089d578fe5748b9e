// What is computed from a model's logits and attention weights before anything is drawn.

/** Return probabilities for logits; both Float32Array of the vocabulary's length. */
export function softmax(logits) {
  let top = -Infinity;
  for (const value of logits) if (value > top) top = value;
  const out = new Float32Array(logits.length);
  let sum = 0;
  for (let i = 0; i < logits.length; i += 1) sum += out[i] = Math.exp(logits[i] - top);
  for (let i = 0; i < out.length; i += 1) out[i] /= sum;
  return out;
}

/** Return the places of the k largest numbers, largest first; of equals the first comes first. */
export function largest(values, k) {
  if (k > 100) return [...values.keys()].sort((a, b) => values[b] - values[a]).slice(0, k);
  const found = [];
  for (let i = 0; i < values.length; i += 1) {
    if (found.length === k && values[i] <= values[found[k - 1]]) continue;
    let at = found.length;
    while (at > 0 && values[found[at - 1]] < values[i]) at -= 1;
    found.splice(at, 0, i);
    if (found.length > k) found.pop();
  }
  return found;
}

/** Return how spread out probabilities are: 0 when sure, log2(vocabulary) when clueless. */
export function entropyBits(probabilities) {
  let bits = 0;
  for (const p of probabilities) if (p > 0) bits -= p * Math.log2(p);
  return bits;
}

/** Attention weights of one sequence: `layers` x `heads` matrices of `size` x `size`. */
export class Attentions {
  constructor(data, layers, heads, size) {
    Object.assign(this, { data, layers, heads, size });
  }

  /** Return one head's matrix, row after row: row i is how token i spreads its attention. */
  head(layer, head) {
    const area = this.size * this.size;
    const from = (layer * this.heads + head) * area;
    return this.data.subarray(from, from + area);
  }

  /** Return the mean of a layer's heads. */
  average(layer) {
    const mean = new Float32Array(this.size * this.size);
    for (let head = 0; head < this.heads; head += 1) {
      const one = this.head(layer, head);
      for (let i = 0; i < mean.length; i += 1) mean[i] += one[i] / this.heads;
    }
    return mean;
  }

  /**
   * Return how much each input token reaches each output: heads averaged, half of every layer is
   * the residual path, layers multiplied from the input up to `layer`.
   * Abnar & Zuidema 2020, arXiv:2005.00928.
   */
  rollout(layer = this.layers - 1) {
    const n = this.size;
    let reached = Float32Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
    for (let level = 0; level <= layer; level += 1) {
      const step = this.average(level);
      const next = new Float32Array(n * n);
      for (let i = 0; i < n; i += 1) {
        for (let k = 0; k < n; k += 1) {
          const weight = 0.5 * step[i * n + k] + (i === k ? 0.5 : 0);
          for (let j = 0; j < n; j += 1) next[i * n + j] += weight * reached[k * n + j];
        }
      }
      reached = next;
    }
    return reached;
  }
}
