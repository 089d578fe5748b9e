// Large files as scripts: a page opened from the disk may not fetch, but it may load a script.
//
// Each script calls `fmlabGive(name, text)`, where the text is the file, packed with gzip and written
// as base64. A page from a web server takes the same way.

// A mark and a size in bytes for each large script; put in when the scripts are bundled.
const LARGE = typeof FILES === "undefined" ? {} : FILES;
const waiting = new Map();
const given = new Map();

globalThis.fmlabGive = (name, text) => given.set(name, text);

/**
 * Return the bytes that the script `root/name.js` brings.
 *
 * @param {string} root the folder of the live figures' files, with a slash at its end
 * @param {string} name for example models/books-small
 */
export function take(root, name) {
  const [mark] = LARGE[name] ?? [];
  const address = mark ? `${root}${name}.js?v=${mark}` : `${root}${name}.js`;
  if (!waiting.has(address)) {
    const bytes = load(address)
      .then(() => {
        if (!given.has(name)) throw new Error(`${address} brings no ${name}`);
        const text = given.get(name);
        given.delete(name);
        return unpack(fromBase64(text));
      })
      .catch((error) => {
        waiting.delete(address); // so that the next click tries again
        throw error;
      });
    waiting.set(address, bytes);
  }
  return waiting.get(address);
}

/** Return how many megabytes files weigh on the wire. */
export function megabytes(names) {
  return Math.round(names.reduce((sum, name) => sum + (LARGE[name]?.[1] ?? 0), 0) / 1e6);
}

/** Load a script; resolve when it has run. */
export function load(address) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve();
    script.onerror = () => {
      script.remove();
      reject(new Error(`cannot load ${address}`));
    };
    document.head.append(script);
  });
}

function fromBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i += 1) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

async function unpack(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
