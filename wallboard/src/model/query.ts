// What is looked for: filters and order, as they stand in the address bar and in saved views.

import { connected, type Row, ringing } from "./call";

/** The fields that calls are grouped and filtered by, in the order of the board. */
export const FACETS = [
  "state",
  "direction",
  "customer",
  "account",
  "connection",
  "vendor",
  "country",
  "switch",
] as const;
export type Facet = (typeof FACETS)[number];

/** Words for several states together. */
export const STATE_GROUPS = { up: connected, setup: ringing } as const;

export interface Query {
  /** Words that must all be found in a call's numbers, name or id. */
  readonly text: string;
  /** Values by facet, one of which must hold; no entry: any. `none` stands for nobody. */
  readonly facets: Readonly<Partial<Record<Facet, readonly string[]>>>;
  readonly suspect: boolean;
  /** Seconds since the answer that a call must have lasted; 0: any. */
  readonly longer: number;
  /** A column's name, with a minus in front for the largest first. */
  readonly sort: string;
}

export const DEFAULT_SORT = "-id";
export const EVERYTHING: Query = { text: "", facets: {}, suspect: false, longer: 0, sort: DEFAULT_SORT };
export const NONE = "none";

/** The value of a facet as it stands in the address bar. */
export function facetValue(row: Row, facet: Facet): string {
  const value = row.call[facet];
  return value === null || value === "" ? NONE : String(value);
}

/** Reads the query of an address. What is not understood is left out. */
export function readQuery(search: string): Query {
  const given = new URLSearchParams(search);
  const facets: Partial<Record<Facet, readonly string[]>> = {};
  for (const facet of FACETS) {
    const values = (given.get(facet) ?? "").split(",").filter((value) => value !== "");
    if (values.length > 0) facets[facet] = values;
  }
  const longer = Number(given.get("longer") ?? 0);
  return {
    text: given.get("q") ?? "",
    facets,
    suspect: given.get("suspect") === "true",
    longer: Number.isFinite(longer) && longer > 0 ? Math.floor(longer) : 0,
    sort: given.get("sort") ?? DEFAULT_SORT,
  };
}

/** The query of an address, with `?` unless it is empty. Commas stay readable. */
export function writeQuery(query: Query): string {
  const pairs: [string, string][] = [];
  if (query.text.trim() !== "") pairs.push(["q", query.text]);
  for (const facet of FACETS) {
    const values = query.facets[facet];
    if (values && values.length > 0) pairs.push([facet, values.join(",")]);
  }
  if (query.suspect) pairs.push(["suspect", "true"]);
  if (query.longer > 0) pairs.push(["longer", String(query.longer)]);
  if (query.sort !== DEFAULT_SORT) pairs.push(["sort", query.sort]);
  const text = pairs.map(([name, value]) => `${name}=${encodeURIComponent(value).replaceAll("%2C", ",")}`).join("&");
  return text === "" ? "" : `?${text}`;
}

/** Whether every call is shown. */
export function showsAll(query: Query): boolean {
  return query.text.trim() === "" && Object.keys(query.facets).length === 0 && !query.suspect && query.longer === 0;
}

/** The query with one value of a facet put in or taken out. */
export function toggled(query: Query, facet: Facet, value: string): Query {
  const before = query.facets[facet] ?? [];
  const after = before.includes(value) ? before.filter((each) => each !== value) : [...before, value];
  const { [facet]: _, ...rest } = query.facets;
  return { ...query, facets: after.length > 0 ? { ...rest, [facet]: after } : rest };
}

/** Whether a row is looked for. `now` is the server's clock in Unix milliseconds. */
export function matcher(query: Query, now: number): (row: Row) => boolean {
  const words = query.text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  const wanted = FACETS.flatMap((facet) => {
    const values = query.facets[facet];
    return values ? [[facet, new Set(values)] as const] : [];
  });
  const latest = query.longer > 0 ? now - query.longer * 1000 : Infinity;
  return (row) => {
    if (query.suspect && !row.call.suspect) return false;
    if (query.longer > 0 && !(row.answered <= latest)) return false;
    for (const [facet, values] of wanted) if (!values.has(facetValue(row, facet))) return false;
    return words.length === 0 || hasWords(row, words);
  };
}

function hasWords(row: Row, words: readonly string[]): boolean {
  if (row.text === "") {
    const { call } = row;
    row.text = `${call.caller} ${call.caller_name} ${call.callee} ${call.dialed} ${call.id}`.toLowerCase();
  }
  return words.every((word) => row.text.includes(word));
}

/** Facets by which the API finds the very calls that the board shows. For it, a call is of both its parties. */
const SHARED: readonly Facet[] = ["state", "direction", "connection", "vendor", "country", "switch"];

/** The query in the words of the API's own filters; null where these would find other calls, or have no word for it. */
export function asServerFilter(query: Query): Record<string, string> | null {
  if (query.text.trim() !== "") return null;
  const filter: Record<string, string> = {};
  for (const facet of FACETS) {
    const values = query.facets[facet];
    if (!values) continue;
    if (values.includes(NONE) || !SHARED.includes(facet)) return null;
    filter[facet] = values.join(",");
  }
  if (query.suspect) filter["suspect"] = "true";
  if (query.longer > 0) filter["min_duration"] = String(query.longer);
  return filter;
}
