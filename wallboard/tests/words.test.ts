import assert from "node:assert/strict";
import { test } from "node:test";
import { ServerClock } from "../src/model/clock";
import { revealing, span } from "../src/model/window";
import { age, directionWord, length, stateWord } from "../src/model/words";

test("a length is written as people say it, and is never negative", () => {
  assert.deepEqual([-5000, 0, 7999, 754_000, 3_723_000].map(length), ["0:00", "0:00", "0:07", "12:34", "1:02:03"]);
});

test("an age grows coarser as it grows", () => {
  assert.deepEqual([-3000, 1999, 12_000, 300_000, 10_800_000, 259_200_000].map(age), [
    "just now",
    "just now",
    "12 s",
    "5 min",
    "3 h",
    "3 d",
  ]);
});

test("the server's clock is taken from the message that was least late", () => {
  const clock = new ServerClock();
  assert.equal(clock.at(1000), 1000);
  clock.heard(61_000, 1400);
  clock.heard(62_000, 2020);
  clock.heard(63_000, 3900);
  assert.equal(clock.at(4000), 4000 + 59_980);
});

test("a time that is none moves no clock", () => {
  const clock = new ServerClock();
  clock.heard(2_000, 1_000);
  clock.heard(NaN, 2_000);
  assert.equal(clock.offset, 1_000);
});

test("words are found by the words of the API alone", () => {
  assert.deepEqual(["held", "__proto__", "constructor"].map(stateWord), ["On hold", "__proto__", "constructor"]);
  assert.deepEqual(["outbound", "__proto__"].map(directionWord), ["Outbound", "__proto__"]);
});

test("a clock that was set is followed after a while", () => {
  const clock = new ServerClock();
  clock.heard(100_000, 0);
  for (let beat = 0; beat < 20; beat++) clock.heard(5_000, 5_000);
  assert.equal(clock.offset, 0);
});

test("with a new connection the clock is read anew", () => {
  const clock = new ServerClock();
  clock.heard(100_000, 0);
  clock.begin();
  assert.equal(clock.offset, 100_000);
  clock.heard(5_000, 5_000);
  assert.equal(clock.offset, 0);
});

test("of a long list what can be seen is drawn, and a little around it", () => {
  assert.deepEqual(span(0, 320, 32, 100_000), { first: 0, end: 18 });
  assert.deepEqual(span(32_000, 320, 32, 100_000), { first: 992, end: 1018 });
  assert.deepEqual(span(3_199_900, 320, 32, 100_000), { first: 99_988, end: 100_000 });
  assert.deepEqual(span(3_200_000, 320, 32, 5), { first: 5, end: 5 });
});

test("a row is scrolled to only as far as it takes to see it", () => {
  assert.equal(revealing(5, 0, 320, 32), 0);
  assert.equal(revealing(10, 0, 320, 32), 32);
  assert.equal(revealing(2, 100, 320, 32), 64);
});
