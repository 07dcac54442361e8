// The board: what is up at one glance, and the live table.

import { openCall } from "../state/address";
import { link } from "../state/board";
import { Banner } from "./banner";
import { Breakdowns } from "./breakdowns";
import { CallPage } from "./callpage";
import { Glance } from "./glance";
import { Switches } from "./switches";
import { Table } from "./table";
import { Toolbar } from "./toolbar";
import { TopBar } from "./topbar";

export function Board() {
  return (
    <div class={`board ${openCall.value ? "with-page" : ""} ${link.value.phase === "lost" ? "is-stale" : ""}`}>
      <TopBar />
      <Banner />
      <main class="body">
        <Glance />
        <div class="side">
          <Switches />
          <Breakdowns />
        </div>
        <section class="live" aria-label="Live calls">
          <Toolbar />
          <Table />
        </section>
        {openCall.value && <CallPage key={openCall.value} id={openCall.value} />}
      </main>
    </div>
  );
}
