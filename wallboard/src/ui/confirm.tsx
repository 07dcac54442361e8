// Before a call is ended: which, how many, and are you sure. A filter is counted by the server first, and only as many
// calls as were counted are ended.

import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import type { Row } from "../model/call";
import { asServerFilter } from "../model/query";
import { calls, count } from "../model/words";
import { messageOf } from "../net/api";
import { query } from "../state/address";
import { row, rows } from "../state/board";
import { chooseNone, chosenRows } from "../state/choice";
import { disconnect, disconnectMatching, type Filter } from "../state/orders";
import { session, whenSignedOut } from "../state/session";
import { inWords } from "./conditions";
import { HangUp } from "./icons";
import { Dialog, StateMark } from "./widgets";

type Asked = { kind: "rows"; rows: readonly Row[] } | { kind: "filter"; filter: Filter; words: string };

const asked = signal<Asked | null>(null);

whenSignedOut(() => {
  asked.value = null;
});

/** The calls that are listed in the question; the rest are counted. */
const LISTED = 8;

/** The most calls that are ended without the server's own filter. */
const ONE_BY_ONE = 1000;

export function confirmOne(one: Row): void {
  asked.value = { kind: "rows", rows: [one] };
}

export function confirmChosen(): void {
  const picked = chosenRows();
  if (picked.length > 0) asked.value = { kind: "rows", rows: picked };
}

/** End what the filters show: by the filter itself where the API knows it, else call by call. */
export function confirmShown(): void {
  const filter = asServerFilter(query.value);
  // Rows that are held still may be those of calls that are over.
  const up = () => rows().flatMap((each) => row(each.call.id) ?? []);
  asked.value = filter ? { kind: "filter", filter, words: inWords(query.value) } : { kind: "rows", rows: up() };
}

export function Confirmation() {
  const what = asked.value;
  if (!what) return null;
  const close = () => {
    asked.value = null;
  };
  return what.kind === "rows" ? (
    <ConfirmRows picked={what.rows} close={close} />
  ) : (
    <ConfirmFilter filter={what.filter} words={what.words} close={close} />
  );
}

function ConfirmRows({ picked, close }: { picked: readonly Row[]; close: () => void }) {
  const go = () => {
    void disconnect(picked);
    chooseNone();
    close();
  };
  return (
    <Dialog title={`Disconnect ${picked.length === 1 ? "this call" : calls(picked.length)}?`} onClose={close}>
      <Sample listed={picked.slice(0, LISTED).map((each) => each.call)} total={picked.length} />
      {picked.length > ONE_BY_ONE && (
        <p class="notice notice-bad" role="alert">
          At most {count(ONE_BY_ONE)} calls are ended one by one. Look for them by state, direction, trunk, country or
          switch alone, and the server ends them all.
        </p>
      )}
      <Buttons close={close} go={go} total={picked.length > ONE_BY_ONE ? 0 : picked.length} />
    </Dialog>
  );
}

interface DryRun {
  count: number;
  sample: Shown[];
}

interface Shown {
  id: string;
  caller: string;
  callee: string;
  dialed: string;
  state: Row["call"]["state"];
}

function ConfirmFilter({ filter, words, close }: { filter: Filter; words: string; close: () => void }) {
  const [told, setTold] = useState<DryRun | null>(null);
  const [wrong, setWrong] = useState("");
  useEffect(() => {
    session.value?.api
      .post<DryRun>("/disconnect", { ...filter, dry_run: true })
      .then(setTold)
      .catch((problem: unknown) => setWrong(messageOf(problem)));
  }, [filter]);
  const go = () => {
    void disconnectMatching(filter, told!.count);
    close();
  };
  return (
    <Dialog title={told ? `Disconnect ${calls(told.count)}?` : "Counting the calls …"} onClose={close}>
      <p class="muted">All calls with {words}.</p>
      {wrong && (
        <p class="notice notice-bad" role="alert">
          {wrong}
        </p>
      )}
      {told && <Sample listed={told.sample.slice(0, LISTED)} total={told.count} />}
      <Buttons close={close} go={go} total={told?.count ?? 0} />
    </Dialog>
  );
}

function Sample({ listed, total }: { listed: readonly Shown[]; total: number }) {
  return (
    <ul class="plain sample">
      {listed.map((call) => (
        <li key={call.id}>
          <span class="figure">
            {call.caller || "unknown"} → {call.callee || call.dialed || "unknown"}
          </span>
          <StateMark state={call.state} />
        </li>
      ))}
      {total > listed.length && <li class="muted">and {count(total - listed.length)} more</li>}
    </ul>
  );
}

function Buttons({ close, go, total }: { close: () => void; go: () => void; total: number }) {
  return (
    <div class="dialog-buttons">
      <button type="button" class="button" onClick={close} autofocus>
        Keep {total === 1 ? "it" : "them"} up
      </button>
      <button type="button" class="button button-bad" disabled={total === 0} onClick={go}>
        <HangUp /> Disconnect {total > 1 ? count(total) : ""}
      </button>
    </div>
  );
}
