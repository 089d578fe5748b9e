// Tables that are made when the reader opens them: those of a long sentence have thousands of cells.

import { table } from "./tables.js";

/** Return an object whose `show(make)` takes a function that gives captions, columns and rows. */
export function lazyTables(figure) {
  const fold = figure.tableBox.parentElement;
  let make = () => [];
  let stale = true;
  const fill = () => {
    if (!stale || !fold.open) return;
    stale = false;
    figure.tableBox.replaceChildren(...make().map(([caption, columns, rows]) => table(caption, columns, rows)));
  };
  fold.ontoggle = fill; // not a listener: a figure that begins anew must not keep the old one
  return {
    show(maker) {
      make = maker;
      stale = true;
      fill();
    },
  };
}
