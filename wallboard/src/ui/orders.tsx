// What came of the orders to end calls, in a corner of the board.

import { count } from "../model/words";
import { batches, type Batch, clearSettled, OUTCOME_WORDS, orders, settled, settledBatch } from "../state/orders";
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
        <button type="button" class="button button-icon button-quiet" aria-label="Clear what is settled" onClick={clearSettled}>
          <Close />
        </button>
      </header>
      <ul class="plain" aria-live="polite">
        {batches.value.map((batch) => (
          <BatchLine key={batch.key} batch={batch} />
        ))}
        {all.slice(-LISTED).map((order) => (
          <li key={order.key} class={`order order-${order.outcome}`}>
            <span class="dot" aria-hidden="true" />
            <span class="figure">{order.title}</span>
            <span class="small order-words">
              {OUTCOME_WORDS[order.outcome]}
              {order.words && `: ${order.words}`}
            </span>
          </li>
        ))}
      </ul>
      {all.length > LISTED && <p class="muted small">The latest {LISTED} are listed.</p>}
    </section>
  );
}

function BatchLine({ batch }: { batch: Batch }) {
  const told = Object.entries(batch.outcomes).filter(([, number]) => number > 0);
  const have = told.reduce((sum, [word, number]) => sum + (word === "pending" ? 0 : number), 0);
  return (
    <li class={`order order-${settledBatch(batch) ? "done" : "pending"}`}>
      <span class="dot" aria-hidden="true" />
      <span>
        {count(have)} of {count(batch.total)} by filter
      </span>
      <span class="small order-words">
        {batch.wrong || told.map(([word, number]) => `${count(number)} ${word.replaceAll("_", " ")}`).join(", ") || "Sending"}
      </span>
      <progress max={Math.max(1, batch.total)} value={have} aria-label="Disconnects by filter" />
    </li>
  );
}
