// Orders of rows, and how a sorted list follows changes without being sorted anew.

import { destinationNumber, type Row, STATES } from "./call";

type Compare = (a: Row, b: Row) => number;

const RANK = new Map<string, number>(STATES.map((state, index) => [state, index]));

const text =
  (of: (row: Row) => string): Compare =>
  (a, b) => {
    const left = of(a);
    const right = of(b);
    return left < right ? -1 : left > right ? 1 : 0;
  };
const number =
  (of: (row: Row) => number): Compare =>
  (a, b) => {
    const left = of(a);
    const right = of(b);
    return left < right ? -1 : left > right ? 1 : 0;
  };

const byNumber = number((row) => row.number);

/** What people call a value of a facet. */
export type Called = (facet: string, value: string) => string;

const asItIs: Called = (_, value) => value;

/** By what people read in a column; nobody first. Each name is asked for once. */
function named(facet: "customer" | "connection" | "country", called: Called): Compare {
  const known = new Map<string | number | null, string>();
  return text((row) => {
    const value = row.call[facet];
    let name = known.get(value);
    if (name === undefined) {
      name = value === null || value === "" ? "" : called(facet, String(value)).toLowerCase();
      known.set(value, name);
    }
    return name;
  });
}

/** The smallest first. Lengths are compared by where they began, so that the order stands while they grow. */
const compares = (called: Called): ReadonlyMap<string, Compare> =>
  new Map([
    ["id", byNumber],
    ["state", number((row) => RANK.get(row.call.state) ?? 99)],
    ["caller", text((row) => row.call.caller)],
    ["callee", text((row) => destinationNumber(row.call))],
    ["customer", named("customer", called)],
    ["account", number((row) => row.call.account ?? -1)],
    ["vendor", number((row) => row.call.vendor ?? -1)],
    ["connection", named("connection", called)],
    ["country", named("country", called)],
    ["direction", text((row) => row.call.direction)],
    ["switch", text((row) => row.call.switch)],
    ["duration", number((row) => -row.answered)],
    ["age", number((row) => -row.started)],
  ]);

export const SORTABLE: readonly string[] = [...compares(asItIs).keys()];

/** The order that a word of the address bar means. Equal rows stand by their numbers, so that no two are equal. */
export function comparator(sort: string, called: Called = asItIs): Compare {
  const descending = sort.startsWith("-");
  const compare = compares(called).get(descending ? sort.slice(1) : sort) ?? byNumber;
  return descending ? (a, b) => compare(b, a) || byNumber(b, a) : (a, b) => compare(a, b) || byNumber(a, b);
}

/** A sorted list without the rows that are gone, and with others put where they belong. The list itself stays. */
export function merged(sorted: readonly Row[], came: Row[], compare: Compare): Row[] {
  came.sort(compare);
  const result: Row[] = new Array(sorted.length + came.length);
  let next = 0;
  let length = 0;
  for (const row of sorted) {
    if (row.gone) continue;
    while (next < came.length && compare(came[next]!, row) < 0) result[length++] = came[next++]!;
    result[length++] = row;
  }
  while (next < came.length) result[length++] = came[next++]!;
  result.length = length;
  return result;
}
