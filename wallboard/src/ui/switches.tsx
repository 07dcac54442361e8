// The switches: the state of each link, and how old what is known of it is.

import { age, calls, count } from "../model/words";
import { now } from "../state/board";
import { may } from "../state/session";
import { type Switch, switches, switchesError } from "../state/surroundings";
import { Panel } from "./widgets";

const LINK_WORDS: Record<Switch["link"], string> = { up: "Up", resyncing: "Listing", lost: "Lost" };

/** When something was last heard of a switch, in Unix milliseconds. */
function evidence(each: Switch): number | null {
  const times = [each.last_event_at, each.last_list_at].flatMap((time) => (time ? [Date.parse(time)] : []));
  return times.length > 0 ? Math.max(...times) : null;
}

export function Switches() {
  if (!may("switches.read")) return null;
  const known = switches.value;
  const down = known?.filter((each) => each.link !== "up").length ?? 0;
  const aside = known && <span class={down ? "text-bad" : "muted"}>{down ? `${down} not up` : "all up"}</span>;
  return (
    <Panel title="Switches" aside={aside} class="switches">
      {switchesError.value && <p class="text-bad small">{switchesError.value}</p>}
      {known?.length === 0 && <p class="muted small">No switch is connected: see the settings under “switches”.</p>}
      <ul class="plain">
        {known?.map((each) => (
          <SwitchLine key={each.name} each={each} />
        ))}
      </ul>
    </Panel>
  );
}

export function SwitchLine({ each }: { each: Switch }) {
  const heard = evidence(each);
  const since = each.since ? age(now.value - Date.parse(each.since)) : "";
  return (
    <li class={`switch switch-${each.link}`}>
      <span class="dot" aria-hidden="true" />
      <span class="switch-name">{each.name}</span>
      <span class="switch-calls figure" title={`${calls(each.calls)}, ${count(each.connected)} answered`}>
        {count(each.calls)}
      </span>
      <span class="switch-state small">
        <span class="switch-link">{LINK_WORDS[each.link]}</span>
        {each.link !== "up" && since && ` for ${since}`}
        <span class="muted">{heard === null ? " · never heard" : ` · heard ${ago(now.value - heard)}`}</span>
        {each.suspects > 0 && <span class="badge badge-suspect">{count(each.suspects)} suspect</span>}
      </span>
      {each.link !== "up" && each.why && <span class="switch-why small">{each.why}</span>}
    </li>
  );
}

function ago(milliseconds: number): string {
  const text = age(milliseconds);
  return text === "just now" ? text : `${text} ago`;
}
