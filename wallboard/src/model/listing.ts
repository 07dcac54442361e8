// The rows that are shown, in their order.

import type { Row } from "./call";
import { comparator, merged } from "./order";
import { EVERYTHING, matcher, type Query } from "./query";

export class Listing {
  rows: readonly Row[] = [];
  #matches = matcher(EVERYTHING, 0);
  #compare = comparator(EVERYTHING.sort);

  /** Begin anew: all rows there are, and what is looked for. `now` is the server's clock in Unix milliseconds. */
  rebuild(all: Iterable<Row>, query: Query, now: number): void {
    this.#matches = matcher(query, now);
    this.#compare = comparator(query.sort);
    const rows: Row[] = [];
    for (const row of all) if (this.#matches(row)) rows.push(row);
    this.rows = rows.sort(this.#compare);
  }

  /** Follow changes: rows that came; those that went are marked. */
  follow(came: readonly Row[]): void {
    const wanted = came.filter((row) => !row.gone && this.#matches(row));
    this.rows = merged(this.rows, wanted, this.#compare);
  }
}
