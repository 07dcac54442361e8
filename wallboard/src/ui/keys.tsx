// The keyboard: every shortcut, once, for the listener and for the page that lists them.

import { everything, look, open, openCall, query, showWall, wall } from "../state/address";
import { paused, row } from "../state/board";
import { choose, chosen, chooseNone, chooseShown, chosenRows, focused } from "../state/choice";
import { may, session } from "../state/session";
import { shortcuts } from "../state/settings";
import { confirmChosen, confirmOne } from "./confirm";
import { figures, lookFor } from "./glance";
import { showHelp } from "./help";
import { focusIndex, focusRow } from "./table";
import { nextTheme } from "./topbar";

interface Key {
  /** As they are shown. */
  keys: readonly string[];
  words: string;
  /** What the letters do; keys that the table or a field handle by itself have nothing here. */
  does?: Readonly<Record<string, () => void>>;
}

function disconnectHere(): void {
  if (!may("calls.disconnect")) return;
  const here = row(openCall.value || focused.value);
  if (chosenRows().length > 0) confirmChosen();
  else if (here) confirmOne(here);
}

function chooseHere(): void {
  if (may("calls.disconnect") && row(focused.value)) choose(focused.value);
}

function showFigure(index: number): void {
  const figure = figures()[index];
  if (figure) lookFor(figure);
}

export const KEYS: readonly Key[] = [
  { keys: ["/"], words: "Search", does: { "/": () => document.getElementById("search")?.focus() } },
  {
    keys: ["j", "k"],
    words: "Next and previous call (the arrows too)",
    does: { j: () => focusRow(focusIndex() + 1), k: () => focusRow(Math.max(0, focusIndex() - 1)) },
  },
  { keys: ["Enter"], words: "Open the call" },
  { keys: ["Esc"], words: "Close what is open, choose none, clear the search" },
  {
    keys: ["x"],
    words: "Choose the call (the space bar too)",
    does: { x: chooseHere },
  },
  { keys: ["a"], words: "Choose all that are shown", does: { a: () => may("calls.disconnect") && chooseShown() } },
  { keys: ["d"], words: "Disconnect the chosen calls, or this one", does: { d: disconnectHere } },
  {
    keys: ["1", "2", "3", "4", "5"],
    words: "All, answered, ringing, on hold, suspect",
    does: {
      1: everything,
      2: () => showFigure(0),
      3: () => showFigure(1),
      4: () => showFigure(2),
      5: () => showFigure(3),
    },
  },
  {
    keys: ["p"],
    words: "Hold the rows still",
    does: {
      p: () => {
        paused.value = !paused.value;
      },
    },
  },
  { keys: ["w"], words: "The board on the wall, and back", does: { w: () => showWall(!wall.value) } },
  { keys: ["t"], words: "Light, dark, or as the system", does: { t: nextTheme } },
  { keys: ["?"], words: "This list", does: { "?": showHelp } },
];

/** On the wall there is nothing to choose and nothing to end. */
const ON_THE_WALL: readonly string[] = ["w", "t"];

const ACTIONS = new Map(KEYS.flatMap(({ does }) => Object.entries(does ?? {})));

export function listenToKeys(): void {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || !session.value) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") escape(event);
    else if (shortcuts.value && !isField(event.target)) act(event);
  });
}

function act(event: KeyboardEvent): void {
  const action = ACTIONS.get(event.key);
  if (!action || (wall.value && !ON_THE_WALL.includes(event.key))) return;
  event.preventDefault();
  action();
}

/** Whether letters are text there. */
function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input:not([type=checkbox]), select, textarea");
}

function escape(event: KeyboardEvent): void {
  const field = event.target as HTMLElement;
  if (field.id === "search") {
    field.blur();
    look({ ...query.value, text: "" });
  } else if (wall.value) showWall(false);
  else if (openCall.value) open("");
  else if (chosen.value.size > 0) chooseNone();
}
