// The live table. Only the rows that can be seen are in the page, however many calls there are.

import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { memo } from "preact/compat";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { destinationNumber, type Row } from "../model/call";
import { SORTABLE } from "../model/order";
import { showsAll } from "../model/query";
import { revealing, span } from "../model/window";
import { look, open, openCall, query } from "../state/address";
import { filled, progress, row as rowOf, rows } from "../state/board";
import { choose, chooseShown, chosen, focused } from "../state/choice";
import { may } from "../state/session";
import { COLUMNS, type Column, columns } from "../state/settings";
import { nameOf } from "../state/names";
import { leastWidth, SHAPES, tracks } from "./columns";
import { StateMark, Suspect, Ticking } from "./widgets";

const scrolled = signal(0);
const height = signal(600);
const narrow = signal(false);

/** Heights of a row, in units of the root's font size. */
const ROW = 2.3;
const NARROW_ROW = 3.7;

function rowHeight(): number {
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  return Math.round((narrow.value ? NARROW_ROW : ROW) * rem);
}

export function Table() {
  const box = useRef<HTMLDivElement>(null);
  useSize(box);
  const all = rows();
  const tall = rowHeight();
  const { first, end } = span(scrolled.value, height.value, tall, all.length);
  const shown = narrow.value ? [] : columns.value;
  const choosing = may("calls.disconnect");
  const at = Math.max(0, focusIndex());
  const drawn = all.slice(first, end).map((row, index) => ({ row, index: first + index }));
  const apart = all[at] && (at < first || at >= end) ? { row: all[at], index: at } : null;
  const least = narrow.value ? "0" : leastWidth(shown, choosing);
  const style = { "--tracks": tracks(shown, choosing), "--least": least, "--row": `${tall}px` };
  return (
    <div
      ref={box}
      class={`table ${narrow.value ? "is-narrow" : ""}`}
      role="grid"
      id="calls"
      aria-label="Live calls"
      aria-rowcount={all.length + 1}
      aria-colcount={(narrow.value ? 1 : shown.length) + (choosing ? 1 : 0)}
      aria-busy={progress.value !== null}
      aria-multiselectable={choosing}
      style={style}
      onScroll={(event) => {
        scrolled.value = event.currentTarget.scrollTop;
      }}
      onKeyDown={(event) => onKey(event, box.current)}
    >
      <Head columns={shown} choosing={choosing} />
      <div class="rows" role="rowgroup" style={{ height: `${all.length * tall}px` }}>
        {[...drawn, ...(apart ? [apart] : [])].map(({ row, index }) => (
          <Line
            key={row.call.id}
            row={row}
            index={index}
            tall={tall}
            columns={shown}
            choosing={choosing}
            isChosen={chosen.value.has(row.call.id)}
            isFocus={index === at}
            isOpen={openCall.value === row.call.id}
            isGone={row.gone && !rowOf(row.call.id)}
          />
        ))}
      </div>
      {all.length === 0 && <Empty />}
    </div>
  );
}

function useSize(box: { current: HTMLDivElement | null }): void {
  useLayoutEffect(() => {
    const place = box.current!;
    const measure = () => {
      height.value = place.clientHeight;
      narrow.value = place.clientWidth < 40 * parseFloat(getComputedStyle(document.documentElement).fontSize);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(place);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    box.current!.scrollTop = 0;
  }, [query.value]);
}

function Empty() {
  const words = !filled.value
    ? progress.value
      ? "The calls are on their way."
      : "Waiting for the calls."
    : showsAll(query.value)
      ? "No calls are up."
      : "No call fits these filters.";
  return <p class="empty muted">{words}</p>;
}

// --- the head ---------------------------------------------------------------------------------------------------------

function Head({ columns: shown, choosing }: { columns: readonly Column[]; choosing: boolean }) {
  return (
    <div class="head" role="rowgroup">
      <div class="line" role="row" aria-rowindex={1}>
        {choosing && (
          <span role="columnheader" class="cell cell-box">
            <input type="checkbox" aria-label="Choose all shown" checked={allChosen()} onChange={chooseShown} />
          </span>
        )}
        {narrow.value ? <NarrowHead /> : shown.map((column) => <HeadCell key={column} column={column} />)}
      </div>
    </div>
  );
}

function allChosen(): boolean {
  const shown = rows();
  return chosen.value.size > 0 && shown.length > 0 && shown.every((row) => chosen.value.has(row.call.id));
}

/** The first click sorts the longest or the newest first where that is what people look for. */
const LARGEST_FIRST: ReadonlySet<string> = new Set(["duration", "age", "id"]);

function sortBy(sort: string): void {
  look({ ...query.value, sort });
}

function turned(sort: string): string {
  return sort.startsWith("-") ? sort.slice(1) : `-${sort}`;
}

function firstSort(column: string): string {
  return LARGEST_FIRST.has(column) ? `-${column}` : column;
}

function HeadCell({ column }: { column: Column }) {
  const shape = SHAPES[column];
  const { sort } = query.value;
  const sorted = sort === column ? "ascending" : sort === `-${column}` ? "descending" : "none";
  const first = firstSort(column);
  return (
    <span role="columnheader" class={`cell ${shape.right ? "cell-right" : ""}`} aria-sort={sorted}>
      {SORTABLE.includes(column) ? (
        <button type="button" onClick={() => sortBy(sort === first ? turned(first) : first)}>
          {shape.title}
          <span class="arrow" aria-hidden="true">
            {sorted === "ascending" ? "↑" : sorted === "descending" ? "↓" : ""}
          </span>
        </button>
      ) : (
        shape.title
      )}
    </span>
  );
}

/** On a phone the one column is sorted by any of those it has no room for. */
function NarrowHead() {
  const { sort } = query.value;
  const descending = sort.startsWith("-");
  return (
    <span role="columnheader" class="cell" aria-sort={descending ? "descending" : "ascending"}>
      <select
        class="button"
        aria-label="Sort by"
        value={descending ? sort.slice(1) : sort}
        onChange={(event) => sortBy(firstSort(event.currentTarget.value))}
      >
        {COLUMNS.map((column) => (
          <option key={column} value={column}>
            {SHAPES[column].title}
          </option>
        ))}
      </select>
      <button
        type="button"
        class="button button-icon"
        aria-label="Turn the order round"
        onClick={() => sortBy(turned(sort))}
      >
        <span aria-hidden="true">{descending ? "↓" : "↑"}</span>
      </button>
    </span>
  );
}

// --- a row ------------------------------------------------------------------------------------------------------------

interface LineProps {
  row: Row;
  index: number;
  tall: number;
  columns: readonly Column[];
  choosing: boolean;
  isChosen: boolean;
  isFocus: boolean;
  isOpen: boolean;
  isGone: boolean;
}

const Line = memo(function Line(props: LineProps) {
  const { row, index, isChosen, isFocus, isOpen, isGone } = props;
  const { call } = row;
  const marks = [call.suspect && "is-suspect", isChosen && "is-chosen", isOpen && "is-open", isGone && "is-gone"];
  return (
    <div
      class={`line ${marks.filter(Boolean).join(" ")}`}
      role="row"
      data-id={call.id}
      aria-rowindex={index + 2}
      aria-selected={isChosen}
      tabIndex={isFocus ? 0 : -1}
      style={{ transform: `translateY(${index * props.tall}px)` }}
      onFocus={() => {
        focused.value = call.id;
      }}
      onClick={() => open(isOpen ? "" : call.id)}
    >
      {props.choosing && (
        <span role="gridcell" class="cell cell-box" onClick={(event) => event.stopPropagation()}>
          <input
            type="checkbox"
            tabIndex={-1}
            aria-label={`Choose call ${call.id}`}
            checked={isChosen}
            onChange={() => choose(call.id)}
          />
        </span>
      )}
      {props.columns.length > 0 ? (
        props.columns.map((column) => (
          <span key={column} role="gridcell" class={`cell ${SHAPES[column].right ? "cell-right figure" : ""}`}>
            {inSpan(SHAPES[column].cell(row))}
          </span>
        ))
      ) : (
        <NarrowCell row={row} />
      )}
    </div>
  );
});

/** Text in an element of its own, which is cut where it does not fit. */
function inSpan(content: ComponentChildren): ComponentChildren {
  return typeof content === "string" ? <span>{content}</span> : content;
}

/** A row on a phone: who calls whom and for how long, and below what it is about. */
function NarrowCell({ row }: { row: Row }) {
  const { call } = row;
  const about = [
    call.customer === null ? "" : nameOf("customer", String(call.customer)),
    call.connection === null ? "" : nameOf("connection", String(call.connection)),
    call.country ? nameOf("country", call.country) : "",
  ];
  return (
    <span role="gridcell" class="narrow">
      <span class="narrow-top figure">
        <span>
          {call.caller || call.caller_name || "unknown"} → {destinationNumber(call) || "unknown"}
        </span>
        <span>
          <Ticking since={Number.isFinite(row.answered) ? row.answered : row.started} />
        </span>
      </span>
      <span class="narrow-bottom small">
        <StateMark state={call.state} />
        <Suspect call={call} />
        <span class="muted">{about.filter(Boolean).join(" · ")}</span>
      </span>
    </span>
  );
}

// --- the keyboard -----------------------------------------------------------------------------------------------------

/** Move the focus to a row, and the table so that it can be seen. */
export function focusRow(index: number): void {
  const table = document.getElementById("calls");
  const all = rows();
  const row = all[Math.max(0, Math.min(index, all.length - 1))];
  if (!table || !row) return;
  const head = table.querySelector<HTMLElement>(".head")?.offsetHeight ?? 0;
  const to = revealing(all.indexOf(row), table.scrollTop, table.clientHeight - head, rowHeight());
  table.scrollTop = to;
  scrolled.value = to;
  focused.value = row.call.id;
  const reach = () => {
    const line = table.querySelector<HTMLElement>(`[data-id="${row.call.id}"]`);
    line?.focus({ preventScroll: true });
    return line !== null;
  };
  // A row that is far away is drawn first.
  if (!reach()) requestAnimationFrame(reach);
}

/** Where the row with the focus was last: it is looked for there first, and others take its place when it goes. */
let lastIndex = 0;

/** Where the keyboard is in the rows shown; -1: nowhere yet. */
export function focusIndex(): number {
  const all = rows();
  const id = focused.value;
  if (id === "") return -1;
  if (all[lastIndex]?.call.id !== id && rowOf(id)) {
    const found = all.findIndex((row) => row.call.id === id);
    if (found >= 0) lastIndex = found;
  }
  return Math.min(lastIndex, all.length - 1);
}

function onKey(event: KeyboardEvent, table: HTMLElement | null): void {
  if (event.ctrlKey || event.metaKey || event.altKey || !(event.target as HTMLElement).matches(".rows > .line")) return;
  const page = Math.max(1, Math.floor((table?.clientHeight ?? 0) / rowHeight()) - 2);
  const moves: Record<string, number> = {
    ArrowDown: focusIndex() + 1,
    ArrowUp: focusIndex() - 1,
    PageDown: focusIndex() + page,
    PageUp: focusIndex() - page,
    Home: 0,
    End: rows().length - 1,
  };
  const to = moves[event.key];
  if (to !== undefined) focusRow(to);
  else if (event.key === "Enter") open(focused.value);
  else if (event.key === " " && may("calls.disconnect")) choose(focused.value);
  else return;
  event.preventDefault();
}
