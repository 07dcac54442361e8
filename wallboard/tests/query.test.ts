import assert from "node:assert/strict";
import { test } from "node:test";
import { rowOf } from "../src/model/call";
import { asServerFilter, EVERYTHING, matcher, readQuery, showsAll, toggled, writeQuery } from "../src/model/query";
import { call, dice } from "./calls";

const shows = (search: string, given: Parameters<typeof call>[2], now = 0) =>
  matcher(readQuery(search), now)(rowOf(call(960, dice(1), given)));

test("an address says what is looked for, and is written as it was read", () => {
  for (const search of [
    "",
    "?q=m%C3%BCller%20%26%20co",
    "?state=answered,held&customer=3,none",
    "?country=GBR&suspect=true&longer=300&sort=-duration",
  ]) {
    assert.equal(writeQuery(readQuery(search)), search);
  }
});

test("what an address has that is not understood is left out", () => {
  assert.deepEqual(readQuery("?longer=soon&state=&suspect=perhaps&colour=red"), EVERYTHING);
});

test("words are looked for in numbers, name and id, each of them, in any case", () => {
  const given = { caller: "103", caller_name: "Zoë Müller", callee: "442079460123" };
  assert.ok(shows("?q=MÜLLER%200123", given));
  assert.ok(shows("?q=960", given));
  assert.ok(!shows("?q=müller%20999", given));
});

test("values of one facet are alternatives, facets add up, none stands for nobody", () => {
  assert.ok(shows("?customer=1,3&state=held", { customer: 3, state: "held" }));
  assert.ok(!shows("?customer=1,3&state=held", { customer: 3, state: "answered" }));
  assert.ok(shows("?customer=none", { customer: null }));
  assert.ok(!shows("?customer=none", { customer: 3 }));
  assert.ok(shows("?country=none", { country: "" }));
});

test("a talk is longer than a time from the answer on", () => {
  const now = Date.parse("2026-01-01T10:00:00Z");
  assert.ok(shows("?longer=60", { answered_at: "2026-01-01T09:59:00Z" }, now));
  assert.ok(!shows("?longer=60", { answered_at: "2026-01-01T09:59:01Z" }, now));
  assert.ok(!shows("?longer=60", { answered_at: null }, now));
});

test("a value of a facet is put in and taken out", () => {
  const one = toggled(EVERYTHING, "state", "held");
  const two = toggled(one, "state", "ringing");
  assert.equal(writeQuery(two), "?state=held,ringing");
  assert.ok(showsAll(toggled(toggled(two, "state", "held"), "state", "ringing")));
});

test("only what the API can filter by is handed to it", () => {
  assert.deepEqual(asServerFilter(readQuery("?state=held,ringing&country=GBR&suspect=true&longer=60&sort=callee")), {
    state: "held,ringing",
    country: "GBR",
    suspect: "true",
    min_duration: "60",
  });
  assert.equal(asServerFilter(readQuery("?q=44&state=held")), null);
  assert.equal(asServerFilter(readQuery("?connection=none")), null);
  assert.equal(asServerFilter(readQuery("?customer=3")), null);
});
