// What came of the orders to end calls, in a corner of the board.

import { calls, count, spaced } from "../model/words";
import {
  type Batch,
  batches,
  clearSettled,
  type Order,
  OUTCOME_WORDS,
  orders,
  settled,
  settledBatch,
  stopBatch,
} from "../state/orders";
import { Close } from "./icons";

/** Orders that are listed one by one; of more there are counts. */
const LISTED = 6;

export function Orders() {
  const all = orders.value;
  if (all.length + batches.value.length === 0) return null;
  const done = all.filter(settled).length;
  return (
    <section class="orders" aria-label="Disconnects">
      <header>
        <h2>
          Disconnects{" "}
          {all.length > 0 && (
            <span class="muted figure">
              {count(done)} of {count(all.length)} settled
            </span>
          )}
        </h2>
        <button
          type="button"
          class="button button-icon button-quiet"
          aria-label="Clear what is settled"
          onClick={clearSettled}
        >
          <Close />
        </button>
      </header>
      <p class="unseen" role="status">
        {announced(all, batches.value)}
      </p>
      <ul class="plain">
        {batches.value.map((batch) => (
          <BatchLine key={batch.key} batch={batch} />
        ))}
        {all.slice(-LISTED).map((order) => (
          <li key={order.key} class={`order order-${order.outcome}`}>
            <span class="dot" aria-hidden="true" />
            <span class="figure">{order.title}</span>
            <span class="small order-words">
              {outcome(order)}
            </span>
          </li>
        ))}
      </ul>
      {all.length > LISTED && <p class="muted small">The latest {LISTED} are listed.</p>}
    </section>
  );
}

function outcome(order: Order): string {
  return OUTCOME_WORDS[order.outcome] + (order.words && `: ${order.words}`);
}

/** For those who listen: nothing while something is under way, then once what came of it all. */
function announced(all: readonly Order[], some: readonly Batch[]): string {
  if (!all.every(settled) || !some.every(settledBatch)) return "";
  const tally = new Map<string, number>();
  for (const order of all) tally.set(outcome(order), (tally.get(outcome(order)) ?? 0) + 1);
  const each = [...tally].map(([words, number]) => (all.length === 1 ? words : `${count(number)}: ${words}`));
  return [...each, ...some.map((batch) => batch.wrong || told(batch).join(", "))].join(". ");
}

/** Outcomes that a batch tells, without those that are not known yet. */
function told(batch: Batch): string[] {
  const known = Object.entries(batch.outcomes).filter(([word, number]) => word !== "pending" && number > 0);
  const gone: [string, number][] = batch.left > 0 ? [["over before their turn", batch.left]] : [];
  return [...known, ...gone].map(([word, number]) => `${count(number)} ${spaced(word)}`);
}

function BatchLine({ batch }: { batch: Batch }) {
  const settled = batch.count - batch.waiting - (batch.outcomes["pending"] ?? 0);
  const looks = batch.state === "failed" ? "failed" : settledBatch(batch) ? "done" : "pending";
  return (
    <li class={`order order-${looks}`}>
      <span class="dot" aria-hidden="true" />
      <span class="order-head">
        <span class="figure">
          {count(settled)} of {calls(batch.count)}
          {batch.state === "stopped" && ", stopped"}
        </span>
        {batch.state === "running" && batch.waiting > 0 && (
          <button type="button" class="link small" onClick={() => void stopBatch(batch)}>
            Stop
          </button>
        )}
      </span>
      <span class="small order-words">{batch.wrong || told(batch).join(", ") || "Waiting for the switch"}</span>
      {!settledBatch(batch) && (
        <progress max={Math.max(1, batch.count)} value={settled} aria-label="Disconnects by filter" />
      )}
    </li>
  );
}
