// Where the calls are: by customer, trunk, country and direction. Each line is a filter.

import { useState } from "preact/hooks";
import { type Counted, type Tally } from "../model/copy";
import { NONE, toggled } from "../model/query";
import { count, directionWord } from "../model/words";
import { look, query } from "../state/address";
import { counts } from "../state/board";
import { nameOf } from "../state/names";
import { Panel } from "./widgets";

/** Lines that a panel shows before it is asked for all. */
const SHORT = 6;

export const TITLES: Record<Counted, string> = {
  customer: "Customers",
  connection: "Trunks",
  country: "Countries",
  direction: "Directions",
  switch: "Switches",
};

/** How the calls are called that have nothing of a kind. */
const NOBODY: Readonly<Record<string, string>> = { connection: "No trunk", country: "No country" };

/** What people call a value of a facet. */
export function labelOf(facet: string, value: string): string {
  if (facet === "direction") return directionWord(value);
  return value === NONE ? (NOBODY[facet] ?? "Unknown") : nameOf(facet, value);
}

/** The tallies of a facet, the largest first. */
export function ranking(facet: Counted): [string, Tally][] {
  return [...counts().by[facet]].sort(([, a], [, b]) => b.calls - a.calls || b.answered - a.answered);
}

export function Breakdowns() {
  return (
    <>
      <Breakdown facet="customer" />
      <Breakdown facet="connection" />
      <Breakdown facet="country" />
      <Breakdown facet="direction" />
    </>
  );
}

function Breakdown({ facet }: { facet: Counted }) {
  const [all, setAll] = useState(false);
  const lines = ranking(facet);
  const wanted = query.value.facets[facet] ?? [];
  const shown = all ? lines : lines.filter(([value], index) => index < SHORT || wanted.includes(value));
  const most = lines[0]?.[1].calls ?? 1;
  return (
    <Panel title={TITLES[facet]} aside={<span class="muted figure">{count(lines.length)}</span>}>
      <ul class="plain bars">
        {shown.map(([value, tally]) => (
          <li key={value}>
            <button
              type="button"
              class="bar"
              aria-pressed={wanted.includes(value)}
              title={`${labelOf(facet, value)}: ${count(tally.calls)}, ${count(tally.answered)} answered`}
              onClick={() => look(toggled(query.value, facet, value))}
            >
              <span class="bar-label">{labelOf(facet, value)}</span>
              <span class="bar-value figure">{count(tally.calls)}</span>
              <BarTrack tally={tally} most={most} />
            </button>
          </li>
        ))}
      </ul>
      {lines.length === 0 && <p class="muted small">None.</p>}
      {lines.length > SHORT && (
        <button type="button" class="link small" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? "Show fewer" : `Show all ${count(lines.length)}`}
        </button>
      )}
    </Panel>
  );
}

/** How many, and how many of these are answered. */
export function BarTrack({ tally, most }: { tally: Tally; most: number }) {
  return (
    <span class="bar-track" aria-hidden="true">
      <span class="bar-calls" style={{ width: `${(100 * tally.calls) / most}%` }} />
      <span class="bar-answered" style={{ width: `${(100 * tally.answered) / most}%` }} />
    </span>
  );
}
