// Orders to end calls, and what came of each: nothing is taken for done before the switch has said so.

import { signal } from "@preact/signals";
import type { Row } from "../model/call";
import { destinationNumber } from "../model/call";
import { type Api, messageOf } from "../net/api";
import { session } from "./session";

export type Outcome = "sending" | "pending" | "done" | "already_gone" | "refused" | "unknown" | "failed";

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
  failed: "Could not be asked",
};

/** Milliseconds between two looks at an order, and for how long they go on. */
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
  try {
    const { command } = await api.post<{ command: string }>(`/calls/${row.call.id}/disconnect`);
    update(key, "pending");
    await follow(api, key, command);
  } catch (error) {
    update(key, "failed", messageOf(error));
  }
}

async function follow(api: Api, key: number, command: string): Promise<void> {
  for (const end = Date.now() + LOOK_FOR; Date.now() < end; await pause(LOOK_EVERY)) {
    const { outcome, words } = await api.get<{ outcome: Outcome; words?: string }>(`/commands/${command}`);
    if (outcome !== "pending") {
      update(key, outcome, words ?? "");
      return;
    }
  }
  update(key, "unknown");
}

/** End these calls, a few at a time. */
export async function disconnect(rows: readonly Row[]): Promise<void> {
  const api = session.value?.api;
  if (!api) return;
  const left = [...rows];
  const worker = async () => {
    for (let row = left.shift(); row; row = left.shift()) await disconnectOne(api, row);
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
    let told: BatchMessage;
    do {
      told = await api.get<BatchMessage>(`/disconnect/${id}`);
      updateBatch(key, told);
      await pause(LOOK_EVERY);
    } while (told.state === "running");
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
