// The stream of changes over a WebSocket: kept up, resumed where it broke, given up for lost when it falls silent.
//
// A WebSocket, because a browser allows only six connections at once to a server that streams over HTTP/1.1, for all
// of its tabs together.

import { FIELDS } from "../model/call";
import type { Message } from "../model/copy";
import { type Api, isRefusal, messageOf, type Problem } from "./api";

/** Milliseconds without a message after which the link counts as lost. The server's heartbeat comes every 15 s. */
const SILENCE = 20_000;
const FIRST_WAIT = 500;
const LONGEST_WAIT = 10_000;
/** Batches a second. */
const RATE = 4;

export type Link = { phase: "connecting" } | { phase: "live" } | { phase: "lost"; why: string; retryAt: number };

export interface Listener {
  message(message: Message): void;
  link(link: Link): void;
  /** The credentials are good no longer. */
  refused(problem: Problem): void;
  /** Where to resume; empty for a new snapshot. */
  revision(): string;
  /** Something could not be understood: what has been heard is no longer to be relied on. */
  astray(): void;
}

export class Stream {
  #socket: WebSocket | null = null;
  #heard = 0;
  #wait = FIRST_WAIT;
  #timer = 0;
  #watch = 0;
  #stopped = false;
  /** Counts attempts: what an earlier one still has to say is not listened to. */
  #attempt = 0;

  constructor(
    private readonly api: Api,
    private readonly listener: Listener,
  ) {}

  start(): void {
    this.#watch = window.setInterval(() => this.#listenForSilence(), 1000);
    window.addEventListener("online", this.retry);
    void this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    this.#drop();
    window.clearInterval(this.#watch);
    window.clearTimeout(this.#timer);
    window.removeEventListener("online", this.retry);
  }

  /** Try again now rather than later. */
  readonly retry = (): void => {
    if (this.#stopped || this.#socket) return;
    this.#wait = FIRST_WAIT;
    window.clearTimeout(this.#timer);
    void this.#connect();
  };

  async #connect(): Promise<void> {
    const attempt = ++this.#attempt;
    try {
      const { ticket } = await this.api.post<{ ticket: string }>("/tickets");
      if (!this.#stopped && attempt === this.#attempt) this.#open(ticket);
    } catch (error) {
      if (this.#stopped || attempt !== this.#attempt) return;
      if (isRefusal(error)) this.listener.refused(error);
      else this.#lost(messageOf(error));
    }
  }

  #open(ticket: string): void {
    const parameters = new URLSearchParams({ ticket, rate: String(RATE), fields: FIELDS.join(",") });
    const since = this.listener.revision();
    if (since !== "") parameters.set("since", since);
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/v1/ws?${parameters}`);
    this.#socket = socket;
    this.#heard = Date.now();
    socket.onmessage = (event) => {
      if (socket === this.#socket) this.#hear(event.data as string);
    };
    socket.onclose = () => {
      if (socket === this.#socket) this.#lost("The connection was closed.");
    };
  }

  /** What cannot be understood may have been a change. The next attempt is not soon, lest it go on like that. */
  #hear(text: string): void {
    try {
      this.#receive(JSON.parse(text) as Message);
    } catch {
      this.listener.astray();
      this.#wait = LONGEST_WAIT;
      this.#lost("The stream could not be understood.");
    }
  }

  #receive(message: Message): void {
    this.#heard = Date.now();
    if (message.type === "error") {
      this.#lost(message.detail ?? message.title ?? "The server ended the stream.");
      return;
    }
    if (message.type === "ready" || message.type === "resumed") {
      this.#wait = FIRST_WAIT;
      this.listener.link({ phase: "live" });
    }
    this.listener.message(message);
  }

  #listenForSilence(): void {
    if (this.#socket && Date.now() - this.#heard > SILENCE) this.#lost("Nothing was heard for 20 seconds.");
  }

  #lost(why: string): void {
    this.#drop();
    if (this.#stopped) return;
    const wait = this.#wait * (0.8 + 0.4 * Math.random());
    this.#wait = Math.min(2 * this.#wait, LONGEST_WAIT);
    this.listener.link({ phase: "lost", why, retryAt: Date.now() + wait });
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => void this.#connect(), wait);
  }

  #drop(): void {
    this.#attempt++;
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }
}
