// Which rows are chosen, and which one has the focus.

import { signal } from "@preact/signals";
import type { Row } from "../model/call";
import { row, rows } from "./board";
import { whenSignedOut } from "./session";

export const chosen = signal<ReadonlySet<string>>(new Set());
/** The id of the row that the keyboard is at; empty: the first. */
export const focused = signal("");

export function choose(id: string): void {
  const next = new Set(chosen.value);
  if (!next.delete(id)) next.add(id);
  chosen.value = next;
}

export function chooseNone(): void {
  chosen.value = new Set();
}

/** Choose every row that is shown; none, if they all are chosen. */
export function chooseShown(): void {
  const shown = rows().map((each) => each.call.id);
  chosen.value = shown.every((id) => chosen.value.has(id)) ? new Set() : new Set(shown);
}

whenSignedOut(() => {
  chooseNone();
  focused.value = "";
});

/** The chosen calls that are still up. */
export function chosenRows(): Row[] {
  return [...chosen.value].flatMap((id) => row(id) ?? []);
}
