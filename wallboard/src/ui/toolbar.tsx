// Above the table: how many calls are shown, by which filters, and what can be done with them.

import type { ComponentChildren } from "preact";
import { FACETS, showsAll, toggled } from "../model/query";
import { calls, count, spanOfTime } from "../model/words";
import { everything, look, query } from "../state/address";
import { counts, paused, rows } from "../state/board";
import { chooseNone, chosenRows } from "../state/choice";
import { may } from "../state/session";
import { COLUMNS, columns, showColumns } from "../state/settings";
import { SHAPES, howMany } from "./columns";
import { facetLabel, valueLabel } from "./conditions";
import { confirmChosen, confirmShown } from "./confirm";
import { Close, Columns, HangUp, Pause, Play } from "./icons";
import { Menu } from "./widgets";

export function Toolbar() {
  return (
    <div class="toolbar">
      <h2 class="toolbar-count">
        <span class="figure">{howMany(rows().length, counts().total)}</span> {counts().total === 1 ? "call" : "calls"}
      </h2>
      <Chips />
      <div class="toolbar-tools">
        <Longer />
        <PauseButton />
        <ColumnMenu />
        {may("calls.disconnect") && <Disconnects />}
      </div>
    </div>
  );
}

function Chips() {
  const what = query.value;
  if (showsAll(what)) return null;
  return (
    <div class="chips" role="group" aria-label="Filters">
      {what.text.trim() && <Chip onRemove={() => look({ ...what, text: "" })}>“{what.text.trim()}”</Chip>}
      {FACETS.flatMap((facet) =>
        (what.facets[facet] ?? []).map((value) => (
          <Chip key={`${facet} ${value}`} onRemove={() => look(toggled(what, facet, value))}>
            <span class="muted">{facetLabel(facet)}</span> {valueLabel(facet, value)}
          </Chip>
        )),
      )}
      {what.suspect && <Chip onRemove={() => look({ ...what, suspect: false })}>suspect</Chip>}
      {what.longer > 0 && (
        <Chip onRemove={() => look({ ...what, longer: 0 })}>longer than {spanOfTime(what.longer)}</Chip>
      )}
      <button type="button" class="link small" onClick={everything}>
        Clear
      </button>
    </div>
  );
}

function Chip({ children, onRemove }: { children: ComponentChildren; onRemove: () => void }) {
  return (
    <button type="button" class="chip chip-filter" title="Remove this filter" onClick={onRemove}>
      <span>{children}</span>
      <Close />
    </button>
  );
}

const LENGTHS = [60, 300, 900, 1800, 3600, 7200];

function Longer() {
  const { longer } = query.value;
  const lengths = LENGTHS.includes(longer) || longer === 0 ? LENGTHS : [...LENGTHS, longer];
  return (
    <select
      class="button"
      aria-label="Length of the talk"
      value={String(longer)}
      onChange={(event) => look({ ...query.value, longer: Number(event.currentTarget.value) })}
    >
      <option value="0">Any length</option>
      {lengths.map((seconds) => (
        <option key={seconds} value={String(seconds)}>
          Over {spanOfTime(seconds)}
        </option>
      ))}
    </select>
  );
}

function PauseButton() {
  const words = paused.value ? "Let the rows move again" : "Hold the rows still";
  return (
    <button
      type="button"
      class={`button button-icon ${paused.value ? "is-on" : ""}`}
      aria-pressed={paused.value}
      aria-label="Hold the rows still"
      title={`${words} (p)`}
      onClick={() => {
        paused.value = !paused.value;
      }}
    >
      {paused.value ? <Play /> : <Pause />}
    </button>
  );
}

function ColumnMenu() {
  const shown = columns.value;
  return (
    <Menu label="Columns" face={<Columns />}>
      {() => (
        <>
          {COLUMNS.map((column) => (
            <label class="menu-item" key={column}>
              <input
                type="checkbox"
                checked={shown.includes(column)}
                disabled={shown.length === 1 && shown.includes(column)}
                onChange={() => {
                  showColumns(shown.includes(column) ? shown.filter((each) => each !== column) : [...shown, column]);
                }}
              />
              {SHAPES[column].title}
            </label>
          ))}
          <button type="button" class="menu-item" onClick={() => showColumns([])}>
            The usual ones
          </button>
        </>
      )}
    </Menu>
  );
}

function Disconnects() {
  const picked = chosenRows().length;
  if (picked > 0) {
    return (
      <>
        <button type="button" class="button" onClick={chooseNone}>
          Choose none
        </button>
        <button type="button" class="button button-bad" onClick={confirmChosen}>
          <HangUp /> Disconnect {count(picked)}
        </button>
      </>
    );
  }
  const shown = rows().length;
  if (showsAll(query.value) || shown === 0) return null;
  return (
    <button
      type="button"
      class="button button-bad-quiet"
      title={`End the ${calls(shown)} that the filters show`}
      onClick={confirmShown}
    >
      <HangUp /> Disconnect all {count(shown)}
    </button>
  );
}
