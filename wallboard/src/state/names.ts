// The names that ids have.

import { signal } from "@preact/signals";

export const NAMED = ["customer", "connection", "country"] as const;
export type Named = (typeof NAMED)[number];
type Names = Readonly<Record<Named, ReadonlyMap<string, string>>>;

const NOBODY: Names = { customer: new Map(), connection: new Map(), country: new Map() };

export const names = signal<Names>(NOBODY);

/** What people call a value of a facet; the value itself where no name is known. */
export function nameOf(facet: string, value: string): string {
  return (facet in names.value && names.value[facet as Named].get(value)) || value;
}

/** Take names in, of values with their names. What is known already is no news. */
export function learn(facet: Named, told: readonly (readonly [string, string])[]): void {
  const known = names.value[facet];
  if (told.every(([value, name]) => known.get(value) === name)) return;
  names.value = { ...names.value, [facet]: new Map([...known, ...told]) };
}

export function forgetNames(): void {
  names.value = NOBODY;
}
