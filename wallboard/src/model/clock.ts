// The server's clock, seen from here: durations tick by it, however wrong the clock of this machine is.

/** How many of the latest readings are looked at. */
const KEPT = 16;

/** Follows the server's clock. A message is always late, never early: the reading furthest ahead is the truest. */
export class ServerClock {
  #readings: number[] = [];
  #anew = false;

  /** Forget the readings of before as soon as there is another: the connection is new, and a clock may have been set. */
  begin(): void {
    this.#anew = true;
  }

  /** A message that told the server's time was received at `local`; both in Unix milliseconds. */
  heard(server: number, local: number): void {
    if (Number.isNaN(server)) return;
    if (this.#anew) this.#readings = [];
    this.#anew = false;
    this.#readings.push(server - local);
    if (this.#readings.length > KEPT) this.#readings.shift();
  }

  /** Milliseconds to add to this machine's clock. */
  get offset(): number {
    return this.#readings.length === 0 ? 0 : Math.max(...this.#readings);
  }

  /** The server's time at a local one. */
  at(local: number): number {
    return local + this.offset;
  }
}
