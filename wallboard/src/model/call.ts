// A call as the API gives it, and as the board keeps it.

export const STATES = ["new", "authenticating", "routing", "dialing", "ringing", "answered", "held", "ending"] as const;
export type State = (typeof STATES)[number] | "ended";

export type Direction = "unknown" | "internal" | "outbound" | "inbound" | "transit";

/** The fields of `GET /v1/calls` that the board asks for. Ids are null where nobody is known. */
export interface CallMessage {
  id: string;
  state: State;
  suspect: boolean;
  direction: Direction;
  caller: string;
  caller_name: string;
  dialed: string;
  callee: string;
  customer: number | null;
  account: number | null;
  vendor: number | null;
  connection: number | null;
  switch: string;
  country: string;
  destination: string;
  started_at: string | null;
  answered_at: string | null;
  suspect_since: string | null;
}

/** The names of those fields, as the parameter `fields` wants them. */
export const FIELDS: readonly (keyof CallMessage)[] = [
  "id",
  "state",
  "suspect",
  "direction",
  "caller",
  "caller_name",
  "dialed",
  "callee",
  "customer",
  "account",
  "vendor",
  "connection",
  "switch",
  "country",
  "destination",
  "started_at",
  "answered_at",
  "suspect_since",
];

/** One row of the board. A change makes a new row; the old one is marked as gone. Times are Unix milliseconds. */
export interface Row {
  readonly call: CallMessage;
  readonly number: number;
  /** The id as a number: close enough to sort by. */
  readonly started: number;
  /** Infinity until there is an answer, which makes it last among the long ones. */
  readonly answered: number;
  gone: boolean;
  /** What the search looks at, in lower case; made when it is first needed. */
  text: string;
}

export function rowOf(call: CallMessage): Row {
  return {
    call,
    number: Number(call.id),
    started: moment(call.started_at) ?? 0,
    answered: moment(call.answered_at) ?? Infinity,
    gone: false,
    text: "",
  };
}

/** An RFC 3339 time as Unix milliseconds; null for none. */
export function moment(time: string | null | undefined): number | null {
  if (!time) return null;
  const at = Date.parse(time);
  return Number.isNaN(at) ? null : at;
}

/** Whether both sides talk or could. */
export function connected(call: CallMessage): boolean {
  return call.state === "answered" || call.state === "held";
}

/** Whether somebody is being reached, but has not answered. */
export function ringing(call: CallMessage): boolean {
  return call.state === "ringing" || call.state === "dialing";
}

/** Where the call goes: the number it ended up at, else the one that was dialed. */
export function destinationNumber(call: CallMessage): string {
  return call.callee || call.dialed;
}
