// How numbers, lengths and names are written for people.

import type { Direction, State } from "./call";

const whole = new Intl.NumberFormat("en");

/** 12345 as 12,345. */
export function count(value: number): string {
  return whole.format(value);
}

/** Milliseconds as 0:07, 12:34 or 1:02:03; never negative. */
export function length(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

/** Milliseconds as an age: "just now", "12 s", "5 min", "3 h", "2 d". */
export function age(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 2) return "just now";
  if (seconds < 100) return `${seconds} s`;
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`;
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** Seconds as they are chosen: "30 min", "1 h". */
export function spanOfTime(seconds: number): string {
  return seconds % 3600 === 0 ? `${seconds / 3600} h` : seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}

/** Unix milliseconds as the time of day here, 14:02:11. */
export function timeOfDay(at: number, seconds = true): string {
  const text = new Date(at).toTimeString();
  return text.slice(0, seconds ? 8 : 5);
}

const STATE_WORDS: Record<State, string> = {
  new: "New",
  authenticating: "Signing in",
  routing: "Routing",
  dialing: "Dialing",
  ringing: "Ringing",
  answered: "Answered",
  held: "On hold",
  ending: "Ending",
  ended: "Ended",
};

const DIRECTION_WORDS: Record<Direction, string> = {
  unknown: "Unknown",
  internal: "Internal",
  outbound: "Outbound",
  inbound: "Inbound",
  transit: "Transit",
};

/** A state as people call it; what is none as it stands, for it may come from an address. */
export function stateWord(state: string): string {
  return Object.hasOwn(STATE_WORDS, state) ? STATE_WORDS[state as State] : state;
}

/** A direction as people call it; what is none as it stands. */
export function directionWord(direction: string): string {
  return Object.hasOwn(DIRECTION_WORDS, direction) ? DIRECTION_WORDS[direction as Direction] : direction;
}

/** `one call`, `2,000 calls`. */
export function calls(value: number): string {
  return value === 1 ? "1 call" : `${count(value)} calls`;
}

/** An outcome or a cause, `no_answer`, as words: "no answer". */
export function spaced(word: string): string {
  return word.replaceAll("_", " ");
}
