// What stands around the calls: the switches, the peaks, the last hour, and the names that ids have.

import { effect, signal, untracked } from "@preact/signals";
import { NONE } from "../model/query";
import { type Api, messageOf } from "../net/api";
import { counts, filled } from "./board";
import { forgetNames, learn, NAMED, type Named, names } from "./names";
import { may, type Session, session } from "./session";

export interface Switch {
  name: string;
  link: "lost" | "resyncing" | "up";
  since: string | null;
  last_event_at: string | null;
  last_list_at: string | null;
  why: string;
  calls: number;
  connected: number;
  suspects: number;
}

/** The most calls at once, and when. */
export interface Peak {
  calls: number;
  at: string | null;
}

interface Stats {
  peaks: { today: Peak };
  groups: ({ name?: string } & Record<string, unknown>)[];
}

/** Calls and answered calls every `step` seconds from `begin` on. */
export interface Series {
  step: number;
  begin: string;
  calls: number[];
  answered: number[];
}

export const switches = signal<Switch[] | null>(null);
export const switchesError = signal("");
export const peak = signal<Peak | null>(null);
export const series = signal<Series | null>(null);

async function readSwitches(api: Api): Promise<void> {
  if (!may("switches.read")) return;
  try {
    switches.value = (await api.get<{ switches: Switch[] }>("/switches")).switches;
    switchesError.value = "";
  } catch (error) {
    switchesError.value = messageOf(error);
  }
}

async function readPeak(api: Api): Promise<void> {
  peak.value = (await api.get<Stats>("/stats?by=state")).peaks.today;
}

/** Ask for the names of a facet's values. One that has none is noted too, so that it is not asked for again. */
async function readNames(api: Api, facet: Named): Promise<void> {
  const { groups } = await api.get<Stats>(`/stats?by=${facet}`);
  learn(
    facet,
    groups.map((group) => [String(group[facet]), group.name ?? ""] as const),
  );
}

/** Ask for the names that calls of now want and that are not known. */
async function readNewNames(api: Api): Promise<void> {
  const lacking = NAMED.filter((facet) =>
    [...counts().by[facet].keys()].some((value) => value !== NONE && !names.value[facet].has(value)),
  );
  await Promise.all(lacking.map((facet) => readNames(api, facet)));
}

/** People give other names to what they have: a board that hangs for months learns them. */
async function readAllNames(api: Api): Promise<void> {
  await Promise.all(NAMED.map((facet) => readNames(api, facet)));
}

async function readSeries(api: Api): Promise<void> {
  series.value = await api.get<Series>("/stats/series?minutes=60");
}

/** Do it now and every so often until the answer is called; what fails is tried again the next time. */
function every(seconds: number, work: () => Promise<void>): () => void {
  const attempt = () => void work().catch(() => undefined);
  attempt();
  const timer = setInterval(attempt, 1000 * seconds);
  return () => clearInterval(timer);
}

/** Ask for everything again and again until the answer is called. */
function begin({ api, who }: Session): () => void {
  const ends = [every(3, () => readSwitches(api))];
  if (who.rights.includes("calls.stats")) {
    ends.push(
      every(3, () => readNewNames(api)),
      every(60, () => readAllNames(api)),
      every(5, () => readPeak(api)),
      every(10, () => readSeries(api)),
    );
  }
  return () => ends.forEach((end) => end());
}

function forget(): void {
  switches.value = null;
  peak.value = null;
  series.value = null;
  forgetNames();
}

effect(() => {
  const current = session.value;
  return current && filled.value ? untracked(() => begin(current)) : untracked(forget);
});
