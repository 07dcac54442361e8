// The page of one call: what it is, its legs on a common line of time, and what happened when.

import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { type CallMessage, destinationNumber, moment, type State } from "../model/call";
import { directionWord, length, spaced, timeOfDay } from "../model/words";
import { messageOf } from "../net/api";
import { open } from "../state/address";
import { filled, now, row } from "../state/board";
import { may, session } from "../state/session";
import { nameOf } from "../state/names";
import { confirmOne } from "./confirm";
import { Close, HangUp } from "./icons";
import { StateMark, Suspect, Ticking } from "./widgets";

interface Cause {
  reason: string;
  sip: number | null;
  text: string;
}

interface Leg {
  leg: string;
  side: "caller" | "callee";
  state: State;
  number: string;
  name: string;
  media: { caller: string; callee: string };
  started_at: string | null;
  answered_at: string | null;
  ended_at: string | null;
  cause: Cause | null;
}

/** What happened to the call, or to one of its legs. */
interface Moment {
  at: string;
  what: "new" | "ringing" | "answered" | "ended" | "suspect";
  side: Leg["side"] | null;
  leg: string | null;
}

interface Detail extends CallMessage {
  ended_at: string | null;
  cause: Cause | null;
  sip_call_id?: string | null;
  /** Of a call that is over, they are not kept. */
  legs?: Leg[];
  timeline?: Moment[];
}

/** The call as the API tells it, asked for anew whenever the table shows that it changed. */
function useDetail(id: string): { detail: Detail | null; error: string } {
  const [detail, setDetail] = useState<Detail | null>(null);
  const [error, setError] = useState("");
  const known = row(id);
  useEffect(() => {
    let current = true;
    session.value?.api
      .get<Detail>(`/calls/${id}`)
      .then((told) => current && (setDetail(told), setError("")))
      .catch((problem: unknown) => current && setError(messageOf(problem)));
    return () => {
      current = false;
    };
  }, [id, known, session.value?.api]);
  return { detail, error };
}

export function CallPage({ id }: { id: string }) {
  const { detail, error } = useDetail(id);
  const known = row(id);
  const call = known?.call ?? detail;
  const over = filled.value && !known;
  const head = useRef<HTMLHeadingElement>(null);
  const close = () => {
    open("");
    document.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`)?.focus();
  };
  useEffect(() => head.current?.focus(), []);
  return (
    <aside
      class="page"
      aria-label={`Call ${id}`}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.preventDefault();
        close();
      }}
    >
      <header class="page-head">
        <h2 ref={head} tabIndex={-1}>
          Call <span class="figure">{id}</span>
        </h2>
        {known && may("calls.disconnect") && (
          <button type="button" class="button button-bad" onClick={() => confirmOne(known)}>
            <HangUp /> Disconnect
          </button>
        )}
        <button type="button" class="button button-icon" aria-label="Close" title="Close (Esc)" onClick={close}>
          <Close />
        </button>
      </header>
      {call ? <Summary call={call} ended={over ? detail : null} /> : <p class="muted">{error || "Looking …"}</p>}
      {call && over && error && (
        <p class="notice">This call is over, and the server has nothing more to tell about it.</p>
      )}
      {detail && <Legs legs={detail.legs ?? []} over={over} />}
      {detail && <Timeline moments={detail.timeline ?? []} legs={detail.legs ?? []} />}
      {call && <Facts call={call} detail={detail} />}
    </aside>
  );
}

function Summary({ call, ended }: { call: CallMessage; ended: Detail | null }) {
  const answered = moment(call.answered_at);
  const end = ended ? moment(ended.ended_at) : null;
  return (
    <div class="summary">
      <p class="parties">
        <span>
          <b class="figure">{call.caller || "unknown"}</b>
          {call.caller_name && <span class="muted">{call.caller_name}</span>}
        </span>
        <span class="muted" aria-label="calls">
          →
        </span>
        <span>
          <b class="figure">{destinationNumber(call) || "unknown"}</b>
          {call.dialed && call.dialed !== call.callee && <span class="muted">dialed {call.dialed}</span>}
        </span>
      </p>
      <p class="summary-line">
        <StateMark state={ended ? "ended" : call.state} />
        <Suspect call={call} />
        <span class="summary-length figure">
          {end !== null ? (
            length(end - (answered ?? end))
          ) : (
            <Ticking since={answered ?? moment(call.started_at) ?? Infinity} />
          )}
        </span>
      </p>
      {ended?.cause && (
        <p class="notice">
          Ended: {spaced(ended.cause.reason)}
          {ended.cause.sip ? ` (${ended.cause.sip})` : ""}
          {ended.cause.text ? `, “${ended.cause.text}”` : ""}
        </p>
      )}
    </div>
  );
}

// --- legs -------------------------------------------------------------------------------------------------------------

const SIDES: Record<Leg["side"], string> = { caller: "Caller", callee: "Callee" };

/** Each leg as a bar: set-up, then talk, from the first leg's begin to now. */
function Legs({ legs, over }: { legs: Leg[]; over: boolean }) {
  if (legs.length === 0) return null;
  const begin = Math.min(...legs.map((leg) => moment(leg.started_at) ?? Infinity));
  const last = Math.max(...legs.map((leg) => moment(leg.ended_at) ?? (over ? begin : now.value)));
  const end = Math.max(last, begin + 1);
  const place = (at: number) => `${(100 * (Math.min(Math.max(at, begin), end) - begin)) / (end - begin)}%`;
  return (
    <section class="page-part" aria-label="Legs">
      <h3>Legs</h3>
      <ul class="plain legs">
        {legs.map((leg) => (
          <LegLine key={leg.leg} leg={leg} place={place} end={end} />
        ))}
      </ul>
    </section>
  );
}

function LegLine({ leg, place, end }: { leg: Leg; place: (at: number) => string; end: number }) {
  const started = moment(leg.started_at) ?? end;
  const until = moment(leg.ended_at) ?? end;
  const answered = moment(leg.answered_at);
  const media = leg.media[leg.side];
  const facts = [leg.name, media && `media at ${media}`, leg.cause && spaced(leg.cause.reason)].filter(Boolean);
  return (
    <li class="leg">
      <span class="leg-head">
        <span class="muted">{SIDES[leg.side]}</span> <b class="figure">{leg.number || "unknown"}</b>
        <StateMark state={leg.state} />
      </span>
      <span class="leg-track" aria-hidden="true">
        <span class="leg-setup" style={{ left: place(started), right: `calc(100% - ${place(answered ?? until)})` }} />
        {answered !== null && (
          <span class="leg-talk" style={{ left: place(answered), right: `calc(100% - ${place(until)})` }} />
        )}
      </span>
      <span class="muted small leg-facts">
        {facts.length > 0 && <span>{facts.join(" · ")}</span>}
        <code>{leg.leg}</code>
      </span>
    </li>
  );
}

// --- what happened ----------------------------------------------------------------------------------------------------

const WHAT_WORDS: Record<Moment["what"], string> = {
  new: "Set up",
  ringing: "Ringing",
  answered: "Answered",
  ended: "Ended",
  suspect: "Suspect",
};

/** What happened, in its order: where a leg and with it the call came further, once. */
function joined(moments: readonly Moment[]): Moment[] {
  const told = new Set<Moment>();
  return moments.flatMap((each) => {
    if (told.has(each)) return [];
    if (each.leg !== null) return [each];
    const cause = moments.find((other) => other.leg !== null && other.at === each.at && other.what === each.what);
    if (cause) told.add(cause);
    return [cause ?? each];
  });
}

/** A leg by its side, and by its number where that side has several. */
function nameOfLeg(leg: Leg, legs: readonly Leg[]): string {
  return legs.filter((other) => other.side === leg.side).length > 1 ? `${leg.side} ${leg.number}` : leg.side;
}

function Timeline({ moments, legs }: { moments: Moment[]; legs: Leg[] }) {
  if (moments.length === 0) return null;
  const first = Date.parse(moments[0]!.at);
  return (
    <section class="page-part" aria-label="Timeline">
      <h3>Timeline</h3>
      <ol class="plain timeline">
        {joined(moments).map((each, index) => {
          const at = Date.parse(each.at);
          const leg = legs.find((other) => other.leg === each.leg);
          return (
            <li key={index} class={`state-${each.what}`}>
              <span class="dot" aria-hidden="true" />
              <span>
                {WHAT_WORDS[each.what] ?? spaced(each.what)}
                {leg && <span class="muted"> · {nameOfLeg(leg, legs)}</span>}
              </span>
              <time class="figure muted" dateTime={each.at}>
                {timeOfDay(at)}
              </time>
              <span class="figure muted">{index === 0 ? "" : `+${((at - first) / 1000).toFixed(1)} s`}</span>
            </li>
          );
        })}
      </ol>
    </section>
  );
}

function Facts({ call, detail }: { call: CallMessage; detail: Detail | null }) {
  const facts: [string, ComponentChildren][] = [
    ["Customer", call.customer === null ? null : `${nameOf("customer", String(call.customer))} (${call.customer})`],
    ["Account", call.account],
    [
      "Trunk",
      call.connection === null ? null : `${nameOf("connection", String(call.connection))} (${call.connection})`,
    ],
    ["Vendor", call.vendor],
    ["Direction", directionWord(call.direction)],
    ["Country", call.country ? nameOf("country", call.country) : null],
    ["Destination", call.destination || null],
    ["Switch", call.switch],
    ["SIP Call-ID", detail?.sip_call_id ? <code>{detail.sip_call_id}</code> : null],
  ];
  return (
    <section class="page-part" aria-label="Facts">
      <h3>Facts</h3>
      <dl class="facts">
        {facts.map(
          ([name, value]) =>
            value !== null && (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
    </section>
  );
}
