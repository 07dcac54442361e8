// Orders to end calls, and what came of each: nothing is taken for done before the switch has said so.

import { signal } from "@preact/signals";
import type { Row } from "../model/call";
import { destinationNumber } from "../model/call";
import { type Api, isPassing, messageOf } from "../net/api";
import { session, whenSignedOut } from "./session";

export type Outcome = "sending" | "pending" | "done" | "already_gone" | "refused" | "unknown" | "unheard" | "failed";

export interface Order {
  readonly key: number;
  readonly title: string;
  readonly outcome: Outcome;
  /** The switch's words, or why the order could not be given. */
  readonly words: string;
}

export const OUTCOME_WORDS: Record<Outcome, string> = {
  sending: "Sending",
  pending: "Waiting for the switch",
  done: "Ended: the switch reported it",
  already_gone: "It was over already",
  refused: "Refused by the switch",
  unknown: "No proof: the switch did not report an end in time",
  unheard: "Callboard does not answer: look whether the call is still there",
  failed: "Could not be asked",
};

/** Milliseconds between two looks at an order, and for how long they go on without an answer. */
const LOOK_EVERY = 500;
const LOOK_FOR = 60_000;
/** Orders under way at once, when several calls are ended. */
const AT_ONCE = 4;

export const orders = signal<readonly Order[]>([]);
let keys = 0;

function add(title: string): number {
  const key = ++keys;
  orders.value = [...orders.value, { key, title, outcome: "sending", words: "" }];
  return key;
}

function update(key: number, outcome: Outcome, words = ""): void {
  orders.value = orders.value.map((order) => (order.key === key ? { ...order, outcome, words } : order));
}

export function settled(order: Order): boolean {
  return order.outcome !== "sending" && order.outcome !== "pending";
}

/** Take the orders that have come to an end off the list. */
export function clearSettled(): void {
  orders.value = orders.value.filter((order) => !settled(order));
  batches.value = batches.value.filter((batch) => !settledBatch(batch));
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function disconnectOne(api: Api, row: Row): Promise<void> {
  const key = add(`${row.call.caller || "unknown"} → ${destinationNumber(row.call) || "unknown"}`);
  let command: string;
  try {
    ({ command } = await api.post<{ command: string }>(`/calls/${row.call.id}/disconnect`));
  } catch (error) {
    if (isPassing(error)) update(key, "unheard");
    else update(key, "failed", messageOf(error));
    return;
  }
  update(key, "pending");
  await follow(api, key, command);
}

/** Once it was given, an order is followed over a link that is lost meanwhile. */
async function follow(api: Api, key: number, command: string): Promise<void> {
  try {
    for await (const told of looks<{ outcome: Outcome; words?: string }>(api, `/commands/${command}`)) {
      update(key, told.outcome, told.words);
      if (told.outcome !== "pending") return;
    }
  } catch (error) {
    if (isPassing(error)) update(key, "unheard");
    else update(key, "unknown", messageOf(error));
  }
}

/**
 * What the server tells of something, again and again, for as long as somebody listens and is signed in. Raises Problem
 * once there has been no answer for `LOOK_FOR`, or one that says that there never will be.
 */
async function* looks<T>(api: Api, path: string): AsyncGenerator<T> {
  for (let heard = Date.now(); session.value?.api === api; await pause(LOOK_EVERY)) {
    try {
      yield await api.get<T>(path);
      heard = Date.now();
    } catch (error) {
      if (!isPassing(error) || Date.now() - heard > LOOK_FOR) throw error;
    }
  }
}

/** End these calls, a few at a time. */
export async function disconnect(rows: readonly Row[]): Promise<void> {
  const api = session.value?.api;
  if (!api) return;
  const left = [...rows];
  const worker = async () => {
    // Who signs out meanwhile ends no more.
    for (let row = left.shift(); row && session.value?.api === api; row = left.shift()) await disconnectOne(api, row);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

// --- by a filter ------------------------------------------------------------------------------------------------------

export type Filter = Record<string, string>;

export interface Batch {
  readonly key: number;
  /** Its name at the server; empty until it has one. */
  readonly id: string;
  /** Calls that were counted, and are to be ended. */
  readonly count: number;
  readonly state: "sending" | "running" | "stopped" | "done" | "failed";
  /** Calls whose turn has not come. */
  readonly waiting: number;
  /** Calls that were over before their turn came. */
  readonly left: number;
  /** How many came out how. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** Why it could not be asked for, or not be followed, for people. */
  readonly wrong: string;
}

type BatchMessage = Pick<Batch, "count" | "state" | "waiting" | "left" | "outcomes">;

export const batches = signal<readonly Batch[]>([]);

export function settledBatch(batch: Batch): boolean {
  return batch.state !== "sending" && batch.state !== "running";
}

function updateBatch(key: number, change: Partial<Batch>): void {
  batches.value = batches.value.map((batch) => (batch.key === key ? { ...batch, ...change } : batch));
}

/** End all calls that fit a filter, which were counted before: the server refuses if they have become many more. */
export async function disconnectMatching(filter: Filter, counted: number): Promise<void> {
  const api = session.value?.api;
  if (!api) return;
  const key = ++keys;
  const begun: Batch = {
    key,
    id: "",
    count: counted,
    state: "sending",
    waiting: counted,
    left: 0,
    outcomes: {},
    wrong: "",
  };
  batches.value = [...batches.value, begun];
  try {
    const { batch: id } = await api.post<{ batch: string }>("/disconnect", { ...filter, count: counted });
    updateBatch(key, { id });
    for await (const told of looks<BatchMessage>(api, `/disconnect/${id}`)) {
      updateBatch(key, told);
      if (told.state !== "running") return;
    }
  } catch (error) {
    updateBatch(key, { state: "failed", wrong: messageOf(error) });
  }
}

/** Leave the calls up whose turn has not come. */
export async function stopBatch(batch: Batch): Promise<void> {
  try {
    await session.value?.api.delete(`/disconnect/${batch.id}`);
  } catch (error) {
    updateBatch(batch.key, { wrong: messageOf(error) });
  }
}

whenSignedOut(() => {
  orders.value = [];
  batches.value = [];
});
