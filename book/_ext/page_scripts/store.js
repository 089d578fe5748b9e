// Where progress is kept: in this browser; where it keeps nothing, as long as the page is open.

import { fromText, nothingDone, toText } from "./progress.js";

const KEY = "fmlab-progress";

/** Return the store of this page: `get`, `change`, `forget`, `onChange`, and whether it `keeps`. */
export function openStore() {
  const shelf = browserShelf();
  const listeners = [];
  let held = nothingDone();

  function get() {
    const text = shelf?.read();
    if (!text) return shelf ? nothingDone() : held;
    try {
      return fromText(text);
    } catch {
      return nothingDone(); // changed by something else than these scripts
    }
  }

  function put(progress) {
    held = progress;
    shelf?.write(toText(progress));
    tell();
  }

  function tell() {
    for (const listener of listeners) listener(get());
  }

  // Another tab of the same browser has changed it.
  addEventListener("storage", (event) => {
    if (event.key === KEY || event.key === null) tell();
  });
  return {
    keeps: shelf !== null,
    get,
    put,
    /** Let `act` change the progress as it is now, and keep it. */
    change(act) {
      const progress = get();
      act(progress);
      put(progress);
    },
    forget() {
      held = nothingDone();
      shelf?.remove();
      tell();
    },
    /** Call `listener` now and after each change. */
    onChange(listener) {
      listeners.push(listener);
      listener(get());
    },
  };
}

/** Return the browser's own store, or null where it may not be used or is full. */
function browserShelf() {
  try {
    const storage = localStorage;
    if (storage.forgets) return null; // what stands in for it where the reader forbids it
    storage.setItem(`${KEY}-test`, "1");
    storage.removeItem(`${KEY}-test`);
    return {
      read: () => storage.getItem(KEY),
      write: (text) => storage.setItem(KEY, text),
      remove: () => storage.removeItem(KEY),
    };
  } catch {
    return null;
  }
}

/** Return today as "2026-11-28". */
export function today() {
  const now = new Date();
  return new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}
