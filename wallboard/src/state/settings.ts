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

function recall(name: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + name) ?? "null");
  } catch {
    return null;
  }
}

/** A setting that is remembered. What was remembered may be anything: `read` makes the best of it, null is nothing. */
function kept<T>(name: string, usual: T, read: (found: unknown) => T | null) {
  const value = signal(read(recall(name)) ?? usual);
  effect(() => {
    try {
      localStorage.setItem(PREFIX + name, JSON.stringify(value.value));
    } catch {
      // A browser that keeps nothing still shows everything.
    }
  });
  return value;
}

const THEMES: readonly unknown[] = ["auto", "light", "dark"];

function isView(found: unknown): found is SavedView {
  const { name, query, columns: names } = (found ?? {}) as Partial<Record<keyof SavedView, unknown>>;
  return typeof name === "string" && typeof query === "string" && Array.isArray(names);
}

export const theme = kept<Theme>("theme", "auto", (found) => (THEMES.includes(found) ? (found as Theme) : null));
export const shortcuts = kept<boolean>("shortcuts", true, (found) => (typeof found === "boolean" ? found : null));
export const views = kept<SavedView[]>("views", [], (found) => (Array.isArray(found) ? found.filter(isView) : null));
const chosenColumns = kept<readonly Column[]>("columns", USUAL, known);

/** The columns among what may be names of some; null where none is. */
function known(found: unknown): readonly Column[] | null {
  const names = COLUMNS.filter((column) => Array.isArray(found) && found.includes(column));
  return names.length > 0 ? names : null;
}

/** The columns that are shown, in the board's order, whatever the order in which they were chosen. */
export const columns = computed(() => chosenColumns.value);

/** Show these columns; the usual ones, if none of the names is one's. */
export function showColumns(names: readonly string[]): void {
  chosenColumns.value = known(names) ?? USUAL;
}

effect(() => {
  document.documentElement.dataset["theme"] = theme.value;
});
