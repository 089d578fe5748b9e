// What the attention view draws, as tables.

/** Return captions, columns and rows of all that the attention view shows now. */
export function tablesOf(figure, state, parts, scene, before, after) {
  const { t } = figure;
  const way = parts.way.value;
  const { weights, size, labels, keep } = scene;
  const place = { layer: state.layer + 1, head: state.head + 1 };
  const name = t({ average: "attAverage", rollout: "attRollout" }[way] ?? "attHead", place);
  const share = (from, to) => (weights[from * size + to] * 100).toFixed(1);
  const made = [];
  if (way === "token") {
    const at = scene.token.place;
    const rows = keep.map((other) => [labels[other], share(at, other), share(other, at)]);
    const heading = { token: labels[at] };
    made.push([
      t("attTokenTable", { name, token: labels[at] }),
      [t("token"), t("attLooksTitle", heading), t("attSeenTitle", heading)],
      rows,
    ]);
  } else {
    const rows = keep.map((i) => [labels[i], ...keep.map((j) => share(i, j))]);
    made.push([
      t(`${scene.stem}Table`, { name }),
      [t("token"), ...keep.map((j) => labels[j])],
      rows,
    ]);
  }
  if (before.length) {
    const columns = [t("candidate"), t("place"), after ? t("attAllOnColumn") : t("probability")];
    if (after) columns.push(t("attOffColumn"));
    made.push([t("attGuessTable"), columns, parts.guessed.rows(before, after)]);
  }
  if (parts.tried.rows.length) {
    const columns = [
      t("attTriedColumn"),
      t("attMovedColumn"),
      t("attFirstColumn"),
      ...parts.guessed.watched,
    ];
    made.push([t("attTriedTable"), columns, parts.tried.rows]);
  }
  return made;
}
