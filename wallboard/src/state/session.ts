// Who is signed in, in this tab and until it is closed.

import { effect, signal, untracked } from "@preact/signals";
import { Api, isRefusal, messageOf, Problem, type Who } from "../net/api";

export interface Session {
  api: Api;
  who: Who;
}

const KEY = "callboard.board.authorization";

export const session = signal<Session | null>(null);
/** Why nobody is signed in any more, for people. */
export const farewell = signal("");
/** A sign-in of before that is being tried, and why it has not come to anything yet; null: none is. */
export const restoring = signal<{ why: string } | null>(null);

/** Sign in. Raises Problem. */
export async function signIn(authorization: string): Promise<void> {
  const api = new Api(authorization);
  const who = await api.get<Who>("/whoami");
  if (!who.rights.includes("calls.list")) {
    throw new Problem(`${who.login} may not see calls: the right calls.list is missing.`, 403, "forbidden");
  }
  sessionStorage.setItem(KEY, authorization);
  farewell.value = "";
  session.value = { api, who };
}

export function signOut(why = ""): void {
  sessionStorage.removeItem(KEY);
  restoring.value = null;
  farewell.value = why;
  session.value = null;
}

/** Do this whenever somebody signs out: what one login saw is not the next one's. */
export function whenSignedOut(forget: () => void): void {
  effect(() => {
    if (!session.value) untracked(forget);
  });
}

/** Sign in as before, if this tab was. A server that cannot answer is tried until it does. */
export async function restore(): Promise<void> {
  const authorization = sessionStorage.getItem(KEY);
  if (authorization === null) return;
  restoring.value = { why: "" };
  while (restoring.value) {
    try {
      await signIn(authorization);
      restoring.value = null;
    } catch (error) {
      if (isRefusal(error)) signOut(messageOf(error));
      else restoring.value = { why: messageOf(error) };
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  }
}

/** Learn anew what this login may: its rights were changed. */
export async function refreshRights(): Promise<void> {
  const current = session.value;
  if (!current) return;
  try {
    const who = await current.api.get<Who>("/whoami");
    if (session.value === current) session.value = { api: current.api, who };
  } catch (error) {
    if (error instanceof Problem && error.status === 401) signOut("Your sign-in is not valid any more.");
  }
}

/** Whether the login has a right. What it may not do is not offered. */
export function may(right: string): boolean {
  return session.value?.who.rights.includes(right) ?? false;
}
