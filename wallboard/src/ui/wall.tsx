// The board on the wall: the same figures, large, with nothing to click. Everything scales with the screen.

import { destinationNumber, type Row } from "../model/call";
import { comparator } from "../model/order";
import type { Counted } from "../model/copy";
import { count, length, timeOfDay } from "../model/words";
import { showWall } from "../state/address";
import { allRows, counts, link, now } from "../state/board";
import { may } from "../state/session";
import { peak, switches } from "../state/surroundings";
import { Banner } from "./banner";
import { BarTrack, labelOf, ranking, TITLES } from "./breakdowns";
import { Chart } from "./chart";
import { BigNumber, figures } from "./glance";
import { Close, Mark } from "./icons";
import { SwitchLine } from "./switches";
import { LinkChip } from "./topbar";
import { Panel } from "./widgets";

export function WallBoard() {
  const top = peak.value;
  return (
    <div class={`wall ${link.value.phase === "lost" ? "is-stale" : ""}`}>
      <header class="wall-head">
        <h1 class="brand">
          <Mark /> <span>Callboard</span>
        </h1>
        <LinkChip />
        <time class="wall-clock figure">{timeOfDay(now.value, false)}</time>
        <button
          type="button"
          class="button button-icon"
          aria-label="Leave the wall"
          title="Leave the wall (w)"
          onClick={() => showWall(false)}
        >
          <Close />
        </button>
      </header>
      <Banner />
      <main class="wall-body">
        <section class="wall-figures" aria-label="At a glance">
          <div class="wall-now">
            <span class="figure-label">Calls now</span>
            <BigNumber value={counts().total} />
            {top && (
              <span class="figure-note">
                peak today {count(top.calls)}
                {top.at && ` at ${timeOfDay(Date.parse(top.at), false)}`}
              </span>
            )}
          </div>
          {figures().map(({ name, label, value, note }) => (
            <div key={name} class={`wall-figure figure-${name} ${value === 0 ? "is-zero" : ""}`}>
              <span class="figure-label">
                <span class="dot" aria-hidden="true" /> {label}
              </span>
              <BigNumber value={value} />
              <span class="figure-note">{note || "\u00a0"}</span>
            </div>
          ))}
        </section>
        {may("calls.stats") && <Chart />}
        <div class="wall-panels">
          {may("switches.read") && (
            <Panel title="Switches" class="switches">
              <ul class="plain">
                {switches.value?.map((each) => (
                  <SwitchLine key={each.name} each={each} />
                ))}
              </ul>
            </Panel>
          )}
          <Ranking facet="customer" />
          <Ranking facet="connection" />
          <Ranking facet="country" />
          <Longest />
        </div>
      </main>
    </div>
  );
}

/** Lines of a panel on the wall. */
const LINES = 7;

function Ranking({ facet }: { facet: Counted }) {
  const lines = ranking(facet);
  const most = lines[0]?.[1].calls ?? 1;
  return (
    <Panel title={TITLES[facet]} aside={<span class="muted figure">{count(lines.length)}</span>}>
      <ul class="plain bars">
        {lines.slice(0, LINES).map(([value, tally]) => (
          <li key={value} class="bar">
            <span class="bar-label">{labelOf(facet, value)}</span>
            <span class="bar-value figure">{count(tally.calls)}</span>
            <BarTrack tally={tally} most={most} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

const longestFirst = comparator("-duration");

/** The first few of an order, without sorting the rest. */
function firstOf(all: Iterable<Row>, wanted: number): Row[] {
  const found: Row[] = [];
  for (const row of all) {
    if (!Number.isFinite(row.answered)) continue;
    if (found.length === wanted && longestFirst(row, found[wanted - 1]!) > 0) continue;
    found.push(row);
    found.sort(longestFirst);
    if (found.length > wanted) found.pop();
  }
  return found;
}

function Longest() {
  return (
    <Panel title="Longest talks" class="longest">
      <ul class="plain">
        {firstOf(allRows(), LINES).map((row) => (
          <li key={row.call.id} class={row.call.suspect ? "is-suspect" : ""}>
            <span class="figure longest-who">
              {row.call.caller || "unknown"} → {destinationNumber(row.call) || "unknown"}
            </span>
            {row.call.suspect && <span class="unseen">suspect</span>}
            <b class="figure">{length(now.value - row.answered)}</b>
          </li>
        ))}
      </ul>
    </Panel>
  );
}
