// The board's own copy of the calls: it follows the stream's messages and keeps exact counts.

import { type CallMessage, connected, type Row, ringing, rowOf } from "./call";
import { type Facet, facetValue } from "./query";

export interface Change {
  kind: "enter" | "update" | "leave";
  id: string;
  call: CallMessage;
  reason?: string;
}

export type Message =
  | { type: "begin"; revision: string; at: string; total: number; why: string }
  | { type: "rows"; calls: CallMessage[] }
  | { type: "ready"; revision: string }
  | { type: "changes"; revision: string; at: string; changes: Change[] }
  | { type: "heartbeat"; at: string; revision: string }
  | { type: "behind"; why: string }
  | { type: "resumed"; revision: string }
  | { type: "error"; status?: number; title?: string; detail?: string; code?: string };

export interface Tally {
  calls: number;
  answered: number;
}

/** The facets that are counted all the time. */
export const COUNTED = ["customer", "connection", "country", "switch", "direction"] as const satisfies readonly Facet[];
export type Counted = (typeof COUNTED)[number];

export class Counts {
  total = 0;
  answered = 0;
  ringing = 0;
  held = 0;
  suspect = 0;
  readonly by: Record<Counted, Map<string, Tally>> = {
    customer: new Map(),
    connection: new Map(),
    country: new Map(),
    switch: new Map(),
    direction: new Map(),
  };

  /** Take a row in (`step` 1) or out (-1). */
  count(row: Row, step: 1 | -1): void {
    const up = connected(row.call) ? step : 0;
    this.total += step;
    this.answered += up;
    if (ringing(row.call)) this.ringing += step;
    if (row.call.state === "held") this.held += step;
    if (row.call.suspect) this.suspect += step;
    for (const facet of COUNTED) this.#tally(this.by[facet], facetValue(row, facet), step, up);
  }

  #tally(tallies: Map<string, Tally>, key: string, step: number, up: number): void {
    const tally = tallies.get(key);
    if (!tally) tallies.set(key, { calls: step, answered: up });
    else if (tally.calls + step === 0) tallies.delete(key);
    else {
      tally.calls += step;
      tally.answered += up;
    }
  }
}

/** What a message did: nothing to be seen, some rows, or everything anew. */
export type Effect = { kind: "none" } | { kind: "some"; came: Row[] } | { kind: "all" };

const NOTHING: Effect = { kind: "none" };

/** The calls by their ids. A snapshot is put together aside: until it is whole, the old calls stay. */
export class Copy {
  rows = new Map<string, Row>();
  counts = new Counts();
  /** Where the copy stands, for resuming; empty: nowhere. */
  revision = "";
  /** How many rows the snapshot under way has and will have; null: none is under way. */
  progress: { have: number; total: number } | null = null;
  #coming = new Map<string, Row>();

  apply(message: Message): Effect {
    switch (message.type) {
      case "begin":
        this.#coming = new Map();
        this.progress = { have: 0, total: message.total };
        return NOTHING;
      case "rows":
        for (const call of message.calls) this.#coming.set(call.id, rowOf(call));
        if (this.progress) this.progress = { ...this.progress, have: this.#coming.size };
        return NOTHING;
      case "ready":
        return this.#replace(message.revision);
      case "changes":
        this.revision = message.revision;
        return this.#change(message.changes);
      case "resumed":
        this.#coming = new Map();
        this.progress = null;
        return NOTHING;
      case "heartbeat":
        this.revision = message.revision;
        return NOTHING;
      default:
        return NOTHING;
    }
  }

  #replace(revision: string): Effect {
    for (const row of this.rows.values()) row.gone = true;
    this.rows = this.#coming;
    this.#coming = new Map();
    this.progress = null;
    this.revision = revision;
    this.counts = new Counts();
    for (const row of this.rows.values()) this.counts.count(row, 1);
    return { kind: "all" };
  }

  #change(changes: readonly Change[]): Effect {
    const came = new Map<string, Row>();
    for (const change of changes) {
      this.#remove(change.id);
      came.delete(change.id);
      if (change.kind === "leave") continue;
      const row = rowOf(change.call);
      this.rows.set(change.id, row);
      this.counts.count(row, 1);
      came.set(change.id, row);
    }
    return { kind: "some", came: [...came.values()] };
  }

  #remove(id: string): void {
    const before = this.rows.get(id);
    if (!before) return;
    before.gone = true;
    this.rows.delete(id);
    this.counts.count(before, -1);
  }
}
