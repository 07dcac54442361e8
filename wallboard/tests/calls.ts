// Calls for the tests.

import { type CallMessage, STATES } from "../src/model/call";

/** Numbers from 0 to 1 that are the same each time (mulberry32). */
export function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

export function call(id: number, random: () => number = dice(id), given: Partial<CallMessage> = {}): CallMessage {
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)]!;
  const state = pick(STATES);
  const minute = String(Math.floor(random() * 60)).padStart(2, "0");
  return {
    id: String(id),
    state,
    suspect: random() < 0.2,
    direction: pick(["internal", "outbound", "inbound"] as const),
    caller: pick(["101", "103", "812", "anonymous"]),
    caller_name: pick(["", "Zoë Müller"]),
    dialed: pick(["442079460123", "4930123456"]),
    callee: pick(["", "442079460123"]),
    customer: pick([1, 3, 5, null]),
    account: pick([3, 4, null]),
    vendor: pick([1, null]),
    connection: pick([1, 2, null]),
    switch: pick(["one", "two"]),
    country: pick(["GBR", "DEU", ""]),
    destination: "",
    started_at: `2026-01-01T09:${minute}:00.000Z`,
    answered_at: state === "answered" || state === "held" ? `2026-01-01T09:${minute}:05.000Z` : null,
    suspect_since: null,
    ...given,
  };
}
