// The board: the copy of the calls, the rows shown of it, and the link it lives by.

import { computed, effect, signal, untracked } from "@preact/signals";
import type { Row } from "../model/call";
import { ServerClock } from "../model/clock";
import { Copy, type Message } from "../model/copy";
import { Listing } from "../model/listing";
import type { Api } from "../net/api";
import { type Link, Stream } from "../net/stream";
import { query } from "./address";
import { names, nameOf } from "./names";
import { refreshRights, session, signOut } from "./session";

const clock = new ServerClock();
const listing = new Listing();
let copy = new Copy();
let stream: Stream | null = null;

/** Counts the changes of the calls and of the rows shown: who reads those is drawn again with each. */
const version = signal(0);
export const link = signal<Link>({ phase: "connecting" });
/** The server's clock in Unix milliseconds. It ticks every second, and stands still while the link is lost. */
export const now = signal(Date.now());
/** This machine's clock, every second. */
export const localNow = signal(Date.now());
/** When the last message came, by the server's clock and by this machine's; null: none has. */
export const heard = signal<{ server: number; local: number } | null>(null);
/** Rows of the snapshot under way. */
export const progress = signal<Copy["progress"]>(null);
/** Whether the rows shown are to stand still; the counts do not. */
export const paused = signal(false);
/** Whether there is a whole copy to show. */
export const filled = signal(false);

/** The rows shown, in their order. */
export function rows(): readonly Row[] {
  version.value;
  return listing.rows;
}

/** Every call there is, whatever is looked for. */
export function allRows(): Iterable<Row> {
  version.value;
  return copy.rows.values();
}

export function counts(): Copy["counts"] {
  version.value;
  return copy.counts;
}

export function row(id: string): Row | undefined {
  version.value;
  return copy.rows.get(id);
}

function changed(): void {
  version.value = version.peek() + 1;
}

function rebuild(): void {
  listing.rebuild(copy.rows.values(), query.value, clock.at(Date.now()), nameOf);
  changed();
}

function receive(message: Message): void {
  if (message.type === "begin" || message.type === "resumed") clock.begin();
  if ("at" in message) {
    clock.heard(Date.parse(message.at), Date.now());
    heard.value = { server: clock.at(Date.now()), local: Date.now() };
  }
  const effectOf = copy.apply(message);
  if (progress.value !== copy.progress) progress.value = copy.progress;
  if (message.type === "begin" && message.why === "rights") void refreshRights();
  if (effectOf.kind === "all") {
    filled.value = true;
    now.value = clock.at(Date.now());
    rebuild();
  } else if (effectOf.kind === "some") {
    if (!paused.value) listing.follow(effectOf.came);
    changed();
  }
}

function begin(api: Api): void {
  copy = new Copy();
  filled.value = false;
  heard.value = null;
  paused.value = false;
  link.value = { phase: "connecting" };
  rebuild();
  stream = new Stream(api, {
    message: receive,
    link: (state) => {
      link.value = state;
    },
    refused: (problem) => signOut(problem.message),
    revision: () => copy.revision,
    astray: () => {
      copy.revision = "";
    },
  });
  stream.start();
}

export function retry(): void {
  stream?.retry();
}

const api = computed(() => session.value?.api);

effect(() => {
  const { value } = api;
  if (value) untracked(() => begin(value));
  return () => {
    stream?.stop();
    stream = null;
  };
});

// Rows that are held still are still those that are looked for.
effect(() => {
  query.value;
  paused.value;
  names.value;
  untracked(rebuild);
});

setInterval(() => {
  localNow.value = Date.now();
  if (link.value.phase !== "lost") now.value = clock.at(Date.now());
  if (query.value.longer === 0 || paused.value) return;
  if (listing.ripen(copy.rows.values(), query.value, clock.at(Date.now()))) changed();
}, 1000);
