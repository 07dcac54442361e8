// Who is signed in, in this tab and until it is closed.

import { signal } from "@preact/signals";
import { Api, messageOf, Problem, type Who } from "../net/api";

export interface Session {
  api: Api;
  who: Who;
}

const KEY = "callboard.board.authorization";

export const session = signal<Session | null>(null);
/** Why nobody is signed in any more, for people. */
export const farewell = signal("");
/** Whether a sign-in of before is being tried. */
export const restoring = signal(false);

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
  farewell.value = why;
  session.value = null;
}

/** Whether the server does not want these credentials, rather than being out of reach or not well. */
function isFinal(error: unknown): boolean {
  return !(error instanceof Problem) || error.status === 401 || error.status === 403;
}

/** Sign in as before, if this tab was. A server that cannot answer is tried until it does. */
export async function restore(): Promise<void> {
  const authorization = sessionStorage.getItem(KEY);
  if (authorization === null) return;
  restoring.value = true;
  for (;;) {
    try {
      await signIn(authorization);
      break;
    } catch (error) {
      if (isFinal(error)) {
        signOut(messageOf(error));
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 2000));
    }
  }
  restoring.value = false;
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
