import assert from "node:assert/strict";
import { test } from "node:test";
import { type CallMessage, rowOf } from "../src/model/call";
import { type Change, Copy, Counts, type Message } from "../src/model/copy";
import { Listing } from "../src/model/listing";
import { comparator } from "../src/model/order";
import { matcher, readQuery } from "../src/model/query";
import { call, dice } from "./calls";

const AT = "2026-01-01T10:00:00.000Z";

function snapshot(copy: Copy, calls: CallMessage[], revision = "1-1"): void {
  copy.apply({ type: "begin", revision, at: AT, total: calls.length, why: "new" });
  copy.apply({ type: "rows", calls });
  copy.apply({ type: "ready", revision });
}

function changes(...list: Change[]): Message {
  return { type: "changes", revision: "1-2", at: AT, changes: list };
}

test("a snapshot replaces what was there only when it is whole", () => {
  const copy = new Copy();
  snapshot(copy, [call(1), call(2)]);
  copy.apply({ type: "begin", revision: "2-1", at: AT, total: 1, why: "resync" });
  copy.apply({ type: "rows", calls: [call(3)] });
  assert.deepEqual([...copy.rows.keys()], ["1", "2"]);
  assert.deepEqual(copy.progress, { have: 1, total: 1 });
  copy.apply({ type: "ready", revision: "2-1" });
  assert.deepEqual([...copy.rows.keys()], ["3"]);
  assert.equal(copy.revision, "2-1");
  assert.equal(copy.progress, null);
});

test("a snapshot that broke off is forgotten when the stream resumes", () => {
  const copy = new Copy();
  snapshot(copy, [call(1)]);
  copy.apply({ type: "begin", revision: "1-9", at: AT, total: 5, why: "behind" });
  copy.apply({ type: "rows", calls: [call(7)] });
  copy.apply({ type: "resumed", revision: "1-1" });
  assert.equal(copy.progress, null);
  assert.equal(copy.revision, "1-1");
  assert.deepEqual([...copy.rows.keys()], ["1"]);
});

test("who has no calls any more is not counted among those who have", () => {
  const copy = new Copy();
  snapshot(copy, [call(1, dice(1), { customer: 3 }), call(2, dice(1), { customer: 5 })]);
  copy.apply(changes({ kind: "leave", id: "1", call: call(1), reason: "ended" }));
  assert.deepEqual([...copy.counts.by.customer.keys()], ["5"]);
});

test("a heartbeat says up to where everything is known", () => {
  const copy = new Copy();
  snapshot(copy, [call(1)]);
  assert.deepEqual(copy.apply({ type: "heartbeat", revision: "1-8", at: AT }), { kind: "none" });
  assert.equal(copy.revision, "1-8");
  copy.apply({ type: "behind", why: "" });
  assert.equal(copy.revision, "1-8");
});

test("what has a name is sorted by it, whoever is nobody first", () => {
  const rows = [1, 3, 5, null, 9].map((customer, index) => rowOf(call(index + 1, dice(1), { customer })));
  const names = new Map([
    ["1", "zebra"],
    ["3", "Acme"],
    ["5", "Bolt"],
  ]);
  const called = (facet: string, value: string) => (facet === "customer" && names.get(value)) || value;
  const sorted = (sort: string) => [...rows].sort(comparator(sort, called)).map((row) => row.call.customer);
  assert.deepEqual(sorted("customer"), [null, 9, 3, 5, 1]);
  assert.deepEqual(sorted("-customer"), [1, 5, 3, 9, null]);
});

test("equal rows stand by their numbers, either way", () => {
  const rows = [3, 1, 2].map((id) => rowOf(call(id, dice(1), { caller: "101" })));
  const sorted = (sort: string) => [...rows].sort(comparator(sort)).map((row) => row.number);
  assert.deepEqual(sorted("caller"), [1, 2, 3]);
  assert.deepEqual(sorted("-caller"), [3, 2, 1]);
  assert.deepEqual(sorted("-toString"), [3, 2, 1]);
});

test("a call may enter and leave in one batch", () => {
  const copy = new Copy();
  snapshot(copy, []);
  const effect = copy.apply(
    changes(
      { kind: "enter", id: "5", call: call(5) },
      { kind: "leave", id: "5", call: call(5), reason: "ended" },
      { kind: "enter", id: "6", call: call(6) },
    ),
  );
  assert.equal(effect.kind, "some");
  assert.deepEqual(effect.kind === "some" && effect.came.map((row) => row.call.id), ["6"]);
  assert.equal(copy.counts.total, 1);
});

test("as time goes on, calls come to have lasted long enough, each where it belongs", () => {
  const rows = Array.from({ length: 60 }, (_, index) => rowOf(call(index + 1)));
  const query = readQuery("?longer=600&sort=caller");
  const listing = new Listing();
  const begin = Date.parse("2026-01-01T09:00:00Z");
  listing.rebuild(rows, query, begin);
  assert.equal(listing.rows.length, 0);
  for (let now = begin; now < begin + 4_500_000; now += 90_000) {
    const before: number = listing.rows.length;
    const came = listing.ripen(rows, query, now);
    assert.deepEqual(listing.rows, rows.filter(matcher(query, now)).sort(comparator(query.sort)));
    assert.equal(came, listing.rows.length > before);
  }
  assert.ok(listing.rows.length > 5);
});

test("whatever happens, counts and listing are those of the rows", () => {
  for (let seed = 1; seed <= 40; seed++) {
    const random = dice(seed);
    const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)]!;
    const query = readQuery(
      pick([
        "",
        "?state=answered,held",
        "?q=44",
        "?customer=3,none&sort=duration",
        "?sort=-state",
        "?suspect=true&sort=callee",
      ]),
    );
    const copy = new Copy();
    const listing = new Listing();
    snapshot(
      copy,
      Array.from({ length: 50 }, (_, index) => call(index + 1, random)),
    );
    listing.rebuild(copy.rows.values(), query, 0);
    for (let step = 0; step < 60; step++) {
      const batch = Array.from({ length: Math.floor(random() * 6) }, (): Change => {
        const id = 1 + Math.floor(random() * 80);
        return { kind: pick(["enter", "update", "leave"]), id: String(id), call: call(id, random) };
      });
      const effect = copy.apply(changes(...batch));
      assert.equal(effect.kind, "some");
      if (effect.kind === "some") listing.follow(effect.came);
      const rows = [...copy.rows.values()];
      const wanted = rows.filter(matcher(query, 0)).sort(comparator(query.sort));
      assert.deepEqual(listing.rows, wanted);
      const counts = new Counts();
      for (const row of rows) counts.count(row, 1);
      assert.deepEqual(copy.counts, counts);
    }
  }
});
