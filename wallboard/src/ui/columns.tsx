// The columns of the table, one entry each.

import type { ComponentChildren } from "preact";
import { destinationNumber, type Row } from "../model/call";
import { count, directionWord } from "../model/words";
import type { Column } from "../state/settings";
import { nameOf } from "../state/names";
import { StateMark, Suspect, Ticking } from "./widgets";

export interface ColumnShape {
  title: string;
  /** Its least width in units of the root's font size, and its share of what is left. */
  width: readonly [number, number];
  cell: (row: Row) => ComponentChildren;
  /** Figures stand to the right. */
  right?: boolean;
}

/** Width of the column of boxes. */
const BOX = 2.2;
/** The same where it is touched. */
const WIDE_BOX = 3;

const id = (value: number | null) => (value === null ? <span class="muted">–</span> : String(value));
const named = (facet: string, value: number | null) =>
  value === null ? <span class="muted">–</span> : nameOf(facet, String(value));

export const SHAPES: Record<Column, ColumnShape> = {
  state: {
    title: "State",
    width: [13.6, 0.3],
    cell: ({ call }) => (
      <>
        <StateMark state={call.state} />
        <Suspect call={call} />
      </>
    ),
  },
  caller: {
    title: "Caller",
    width: [8, 1.5],
    cell: ({ call }) => <Caller number={call.caller} name={call.caller_name} />,
  },
  callee: {
    title: "Callee",
    width: [8, 0.9],
    cell: (row) => <span class="figure">{destinationNumber(row.call)}</span>,
  },
  customer: { title: "Customer", width: [6, 1], cell: ({ call }) => named("customer", call.customer) },
  connection: { title: "Trunk", width: [8.5, 1], cell: ({ call }) => named("connection", call.connection) },
  country: {
    title: "Country",
    width: [9.5, 1],
    cell: ({ call }) => (
      <span title={call.destination}>
        {call.country ? nameOf("country", call.country) : <span class="muted">–</span>}
      </span>
    ),
  },
  direction: {
    title: "Direction",
    width: [5.5, 0.7],
    cell: ({ call }) => directionWord(call.direction),
  },
  switch: { title: "Switch", width: [5, 0.7], cell: ({ call }) => call.switch },
  account: { title: "Account", width: [4.5, 0.5], cell: ({ call }) => id(call.account) },
  vendor: { title: "Vendor", width: [4.5, 0.5], cell: ({ call }) => id(call.vendor) },
  id: { title: "Id", width: [5, 0.6], right: true, cell: ({ call }) => call.id },
  age: { title: "Since set-up", width: [6, 0.6], right: true, cell: (row) => <Ticking since={row.started} /> },
  duration: { title: "Talking", width: [5.5, 0.6], right: true, cell: (row) => <Ticking since={row.answered} /> },
};

function Caller({ number, name }: { number: string; name: string }) {
  return (
    <>
      <span class="figure">{number || (name ? "" : "unknown")}</span>
      {name && name !== number && <span class="muted name">{name}</span>}
    </>
  );
}

/** The tracks of the grid: the box to choose a row with, then the columns; without any, one for all that is told. */
export function tracks(columns: readonly Column[], choosing: boolean): string {
  if (columns.length === 0) return choosing ? `${WIDE_BOX}rem minmax(0, 1fr)` : "minmax(0, 1fr)";
  const each = columns.map((column) => SHAPES[column].width).map(([least, share]) => `minmax(${least}rem, ${share}fr)`);
  return [...(choosing ? [`${BOX}rem`] : []), ...each].join(" ");
}

/** The least width of all together. */
export function leastWidth(columns: readonly Column[], choosing: boolean): string {
  return `${columns.reduce((sum, column) => sum + SHAPES[column].width[0], choosing ? BOX : 0)}rem`;
}

export function howMany(shown: number, all: number): string {
  return shown === all ? count(all) : `${count(shown)} of ${count(all)}`;
}
