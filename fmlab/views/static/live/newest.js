// Doing the newest thing only: while one is under way, all but the last of the others are dropped.

/**
 * Return a function that runs `act` now, or once more after the run that is under way.
 *
 * @param {() => Promise<void>} act reads what is wanted when it begins
 */
export function newest(act) {
  let running = null;
  let again = false;

  async function run() {
    do {
      again = false;
      await act();
    } while (again);
    running = null;
  }

  return () => {
    if (running) again = true;
    else running = run();
    return running;
  };
}
