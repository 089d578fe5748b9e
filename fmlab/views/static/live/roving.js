// One stop of the Tab key for a column of buttons; arrow keys go on from there.

const STEPS = { ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 };

/** Make a group's buttons one stop; call its `settle()` when they are new or another is pressed. */
export function roving(group) {
  const stop = (button) => {
    for (const other of group.children) other.tabIndex = other === button ? 0 : -1;
  };
  group.settle = () => {
    const pressed = group.querySelector('[aria-pressed="true"]');
    stop(
      pressed ?? [...group.children].find((one) => one.tabIndex === 0) ?? group.firstElementChild,
    );
  };
  group.addEventListener("keydown", (event) => {
    const buttons = [...group.children];
    const at = buttons.indexOf(event.target.closest("button"));
    let to = at + (STEPS[event.key] ?? 0);
    if (event.key === "Home") to = 0;
    if (event.key === "End") to = buttons.length - 1;
    if (at < 0 || to === at || !buttons[to]) return;
    event.preventDefault();
    stop(buttons[to]);
    buttons[to].focus();
  });
}
