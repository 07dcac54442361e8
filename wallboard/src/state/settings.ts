// What this browser remembers: looks, columns, saved views. Nothing secret, and nothing breaks if it is not kept.

import { computed, effect, signal } from "@preact/signals";

export type Theme = "auto" | "light" | "dark";

export interface SavedView {
  name: string;
  /** The query of the address, with `?`. */
  query: string;
  columns: string[];
}

export const COLUMNS = [
  "state",
  "caller",
  "callee",
  "customer",
  "connection",
  "country",
  "direction",
  "switch",
  "account",
  "vendor",
  "id",
  "age",
  "duration",
] as const;
export type Column = (typeof COLUMNS)[number];
const USUAL: readonly Column[] = [
  "state",
  "caller",
  "callee",
  "customer",
  "connection",
  "country",
  "switch",
  "duration",
];

const PREFIX = "callboard.board.";

function recall<T>(name: string, usual: T): T {
  try {
    const text = localStorage.getItem(PREFIX + name);
    return text === null ? usual : (JSON.parse(text) as T);
  } catch {
    return usual;
  }
}

function kept<T>(name: string, usual: T, sane: (value: T) => boolean) {
  const found = recall(name, usual);
  const value = signal(sane(found) ? found : usual);
  effect(() => {
    try {
      localStorage.setItem(PREFIX + name, JSON.stringify(value.value));
    } catch {
      // A browser that keeps nothing still shows everything.
    }
  });
  return value;
}

const isList = (value: unknown) => Array.isArray(value);

export const theme = kept<Theme>("theme", "auto", (value) => ["auto", "light", "dark"].includes(value));
export const shortcuts = kept<boolean>("shortcuts", true, (value) => typeof value === "boolean");
export const views = kept<SavedView[]>("views", [], isList);
const chosenColumns = kept<readonly Column[]>("columns", USUAL, isList);

/** The columns that are shown, in the board's order, whatever the order in which they were chosen. */
export const columns = computed(() => COLUMNS.filter((column) => chosenColumns.value.includes(column)));

/** Show these columns; the usual ones, if none of the names is one's. */
export function showColumns(names: readonly string[]): void {
  const known = COLUMNS.filter((column) => names.includes(column));
  chosenColumns.value = known.length > 0 ? known : USUAL;
}

effect(() => {
  document.documentElement.dataset["theme"] = theme.value;
});
