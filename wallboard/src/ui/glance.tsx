// The figures: how many calls there are, and what they do. Each is a filter as well.

import type { ComponentChildren } from "preact";
import type { Query } from "../model/query";
import { EVERYTHING, showsAll } from "../model/query";
import { count, timeOfDay } from "../model/words";
import { everything, look, query } from "../state/address";
import { counts } from "../state/board";
import { may } from "../state/session";
import { peak } from "../state/surroundings";
import { Chart } from "./chart";

interface Figure {
  name: string;
  label: string;
  value: number;
  note: ComponentChildren;
  filter: Partial<Query>;
}

/** A number that shrinks until it fits its box. */
export function BigNumber({ value }: { value: number }) {
  const text = count(value);
  return (
    <span class="figure-value" style={{ "--ems": ems(text) }}>
      {text}
    </span>
  );
}

/** About how wide a number is, in units of its size: commas are narrower than digits. */
function ems(text: string): number {
  return [...text].reduce((width, character) => width + (character === "," ? 0.27 : 0.55), 0);
}

export function figures(): Figure[] {
  const { total, answered, ringing, held, suspect } = counts();
  const share = total === 0 ? "" : `${Math.round((100 * answered) / total)} % of all`;
  return [
    { name: "answered", label: "Answered", value: answered, note: share, filter: state("answered", "held") },
    { name: "ringing", label: "Ringing", value: ringing, note: "or being dialed", filter: state("dialing", "ringing") },
    { name: "held", label: "On hold", value: held, note: "of the answered", filter: state("held") },
    {
      name: "suspect",
      label: "Suspect",
      value: suspect,
      note: suspect === 0 ? "all are vouched for" : "may be up or over",
      filter: { suspect: true },
    },
  ];
}

function state(...states: string[]): Partial<Query> {
  return { facets: { state: states } };
}

/** Look for what a figure counts; for all again, if it is looked for already. */
export function lookFor(figure: Figure): void {
  if (isLookedFor(figure)) everything();
  else look({ ...EVERYTHING, sort: query.value.sort, ...figure.filter });
}

function isLookedFor({ filter }: Figure): boolean {
  const wanted = { ...EVERYTHING, ...filter };
  const { facets, suspect, text, longer } = query.value;
  return (
    text === "" &&
    longer === 0 &&
    suspect === wanted.suspect &&
    JSON.stringify(facets) === JSON.stringify(wanted.facets)
  );
}

export function Glance() {
  const top = peak.value;
  return (
    <section class="glance" aria-label="At a glance">
      <div class="figures">
        <button type="button" class="figure-box figure-now" aria-pressed={showsAll(query.value)} onClick={everything}>
          <span class="figure-label">Calls now</span>
          <BigNumber value={counts().total} />
          <span class="figure-note">
            {top
              ? `peak today ${count(top.calls)}${top.at ? ` at ${timeOfDay(Date.parse(top.at), false)}` : ""}`
              : "\u00a0"}
          </span>
        </button>
        {figures().map((figure) => (
          <button
            type="button"
            key={figure.name}
            class={`figure-box figure-${figure.name} ${figure.value === 0 ? "is-zero" : ""}`}
            aria-pressed={isLookedFor(figure)}
            onClick={() => lookFor(figure)}
          >
            <span class="figure-label">
              <span class="dot" aria-hidden="true" />
              {figure.label}
            </span>
            <BigNumber value={figure.value} />
            <span class="figure-note">{figure.note || "\u00a0"}</span>
          </button>
        ))}
      </div>
      {may("calls.stats") && <Chart />}
    </section>
  );
}
