// What must not be overlooked: the link is lost, so that all that is shown is old.

import { age, timeOfDay } from "../model/words";
import { heard, link, localNow, retry } from "../state/board";

export function Banner() {
  const state = link.value;
  if (state.phase !== "lost") return null;
  const wait = Math.max(0, Math.ceil((state.retryAt - localNow.value) / 1000));
  return (
    <section class="banner" aria-label="The link">
      <span role="alert">
        <strong>Link lost.</strong> {state.why}
      </span>
      {heard.value && (
        <span>
          What you see is as it was at <b class="figure">{timeOfDay(heard.value.server)}</b>,{" "}
          <b class="figure">{age(localNow.value - heard.value.local)}</b> ago.
        </span>
      )}
      <span class="banner-end">
        {wait > 0 ? `Trying again in ${wait} s.` : "Trying again now …"}
        <button type="button" class="button" onClick={retry}>
          Try now
        </button>
      </span>
    </section>
  );
}
