// The rows that are shown, in their order.

import type { Row } from "./call";
import { type Called, comparator, merged } from "./order";
import { EVERYTHING, matcher, type Query } from "./query";

export class Listing {
  rows: readonly Row[] = [];
  #matches = matcher(EVERYTHING, 0);
  #compare = comparator(EVERYTHING.sort);

  /**
   * Begin anew: all rows there are, what is looked for, and what people call the values of facets. `now` is the server's
   * clock in Unix milliseconds.
   */
  rebuild(all: Iterable<Row>, query: Query, now: number, called?: Called): void {
    this.#matches = matcher(query, now);
    this.#compare = comparator(query.sort, called);
    const rows: Row[] = [];
    for (const row of all) if (this.#matches(row)) rows.push(row);
    this.rows = rows.sort(this.#compare);
  }

  /** Time went on: take in what lasts long enough by now and did not before. Whether there was any. */
  ripen(all: Iterable<Row>, query: Query, now: number): boolean {
    const before = this.#matches;
    this.#matches = matcher(query, now);
    const came: Row[] = [];
    for (const row of all) if (this.#matches(row) && !before(row)) came.push(row);
    if (came.length > 0) this.follow(came);
    return came.length > 0;
  }

  /** Follow changes: rows that came; those that went are marked. */
  follow(came: readonly Row[]): void {
    const wanted = came.filter((row) => !row.gone && this.#matches(row));
    this.rows = merged(this.rows, wanted, this.#compare);
  }
}
