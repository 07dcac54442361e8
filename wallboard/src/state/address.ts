// The address bar: which page is shown, what is looked for, and whether this is the board on the wall.

import { computed, signal } from "@preact/signals";
import { EVERYTHING, type Query, readQuery, writeQuery } from "../model/query";

const BASE = "/board";

interface Place {
  query: Query;
  /** The id of the call whose page is open; empty: none. */
  call: string;
  wall: boolean;
}

function read(): Place {
  const call = /^\/board\/calls\/([0-9]+)\/?$/.exec(location.pathname)?.[1] ?? "";
  return { query: readQuery(location.search), call, wall: new URLSearchParams(location.search).get("wall") === "true" };
}

const place = signal<Place>(read());

export const query = computed(() => place.value.query);
export const openCall = computed(() => place.value.call);
export const wall = computed(() => place.value.wall);

function address({ query: what, call, wall: big }: Place): string {
  const search = writeQuery(what);
  const withWall = big ? `${search === "" ? "?" : `${search}&`}wall=true` : search;
  return `${BASE}${call === "" ? "" : `/calls/${call}`}${withWall}`;
}

/** A further entry in the browser's history, except for typing, which would make one a letter. */
function go(next: Place, replace = false): void {
  if (replace) history.replaceState(null, "", address(next));
  else if (address(next) !== location.pathname + location.search) history.pushState(null, "", address(next));
  place.value = next;
}

export function look(what: Query, replace = false): void {
  go({ ...place.value, query: what }, replace);
}

export function lookAt(search: string): void {
  look(readQuery(search));
}

export function everything(): void {
  look({ ...EVERYTHING, sort: query.value.sort });
}

export function open(call: string): void {
  go({ ...place.value, call });
}

export function showWall(big: boolean): void {
  go({ ...place.value, wall: big, call: "" });
}

/** Where a call's page is, for links. */
export function callAddress(call: string): string {
  return address({ ...place.value, call });
}

window.addEventListener("popstate", () => {
  place.value = read();
});
