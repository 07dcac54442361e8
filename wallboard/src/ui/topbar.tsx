// The bar at the top: the link, the search, and what changes the looks.

import { useEffect, useRef } from "preact/hooks";
import { count, timeOfDay } from "../model/words";
import { look, lookAt, query, showWall } from "../state/address";
import { link, now, progress } from "../state/board";
import type { Who } from "../net/api";
import { session, signOut } from "../state/session";
import { columns, type SavedView, showColumns, theme, type Theme, views } from "../state/settings";
import { writeQuery } from "../model/query";
import { showHelp } from "./help";
import { Bookmark, Close, Half, Keyboard, Mark, Moon, Person, Search, Sun, Wall } from "./icons";
import { Menu } from "./widgets";

export function TopBar() {
  return (
    <header class="topbar">
      <h1 class="brand">
        <Mark />
        <span>Callboard</span>
      </h1>
      <LinkChip />
      <SearchField />
      <div class="topbar-tools">
        <Views />
        <button type="button" class="button wide-only" title="Show on the wall (w)" onClick={() => showWall(true)}>
          <Wall /> <span>Wall</span>
        </button>
        <ThemeButton />
        <button
          type="button"
          class="button button-icon wide-only"
          aria-label="Keyboard and help"
          title="Keyboard and help (?)"
          onClick={showHelp}
        >
          <Keyboard />
        </button>
        <Account />
      </div>
    </header>
  );
}

/** How the link is, in one word; what changes all the time beside it is not read out. */
export function LinkChip() {
  const loading = progress.value;
  const { phase } = link.value;
  const kind = phase === "live" && loading ? "loading" : phase === "connecting" ? "loading" : phase;
  const words = phase === "lost" ? "Link lost" : loading ? "Loading" : phase === "live" ? "Live" : "Connecting";
  return (
    <span class={`chip link-${kind}`} role="status">
      <span class="dot" aria-hidden="true" />
      {words}
      {loading && phase !== "lost" && (
        <span class="figure" aria-hidden="true">
          {count(loading.have)} of {count(loading.total)}
        </span>
      )}
      {kind === "live" && (
        <time class="figure" aria-hidden="true" title="The server's clock, in your time zone">
          {timeOfDay(now.value)}
        </time>
      )}
    </span>
  );
}

function SearchField() {
  const field = useRef<HTMLInputElement>(null);
  const { text } = query.value;
  useEffect(() => {
    // While somebody types, the field is ahead of the address.
    if (field.current && field.current !== document.activeElement) field.current.value = text;
  }, [text]);
  return (
    <div class="search" role="search">
      <Search />
      <input
        ref={field}
        id="search"
        type="search"
        placeholder="Search numbers, names, ids"
        aria-label="Search numbers, names and ids"
        aria-keyshortcuts="/"
        autocomplete="off"
        spellcheck={false}
        defaultValue={text}
        onInput={(event) => look({ ...query.value, text: event.currentTarget.value }, true)}
      />
      <kbd aria-hidden="true">/</kbd>
    </div>
  );
}

const NEXT_THEME: Record<Theme, Theme> = { auto: "light", light: "dark", dark: "auto" };
const THEME_WORDS: Record<Theme, string> = { auto: "as the system", light: "light", dark: "dark" };

export function nextTheme(): void {
  theme.value = NEXT_THEME[theme.value];
}

function ThemeButton() {
  const label = `Colours: ${THEME_WORDS[theme.value]}`;
  return (
    <button type="button" class="button button-icon" aria-label={label} title={`${label} (t)`} onClick={nextTheme}>
      {theme.value === "auto" ? <Half /> : theme.value === "light" ? <Sun /> : <Moon />}
    </button>
  );
}

/** What a login does not get to see in full; empty: nothing. */
function masked(masks: Who["masks"]): string {
  const words = Object.entries({ numbers: masks.numbers, names: masks.names, addresses: masks.media });
  const list = words.flatMap(([word, hidden]) => (hidden ? [word] : [])).join(", ");
  return list.charAt(0).toUpperCase() + list.slice(1);
}

function Account() {
  const who = session.value?.who;
  if (!who) return null;
  const face = (
    <>
      <Person /> <span class="wide-only">{who.login}</span>
    </>
  );
  return (
    <Menu label={`Signed in as ${who.login}`} face={face}>
      {() => (
        <>
          <p class="menu-text">
            <strong>{who.login}</strong>
            <span class="muted">
              {who.role} of {who.customer_name || `customer ${who.customer}`}
            </span>
            {masked(who.masks) && <span class="muted">{masked(who.masks)} are not shown in full</span>}
          </p>
          <details class="menu-text small">
            <summary>{who.rights.length} rights</summary>
            <ul class="plain">
              {who.rights.map((right) => (
                <li key={right}>{right}</li>
              ))}
            </ul>
          </details>
          <button type="button" class="menu-item" onClick={showHelp}>
            Keyboard and help
          </button>
          <button type="button" class="menu-item" onClick={() => signOut()}>
            Sign out
          </button>
        </>
      )}
    </Menu>
  );
}

// --- saved views ------------------------------------------------------------------------------------------------------

function useView(view: SavedView): void {
  showColumns(view.columns);
  lookAt(view.query);
}

function Views() {
  const face = (
    <>
      <Bookmark /> <span class="wide-only">Views</span>
    </>
  );
  return (
    <Menu label="Saved views" face={face}>
      {(close) => (
        <>
          {views.value.length === 0 && <p class="menu-text muted">Save what you look at to come back to it.</p>}
          {views.value.map((view) => (
            <div class="menu-row" key={view.name}>
              <button
                type="button"
                class="menu-item"
                onClick={() => {
                  useView(view);
                  close();
                }}
              >
                {view.name}
              </button>
              <button
                type="button"
                class="button button-icon button-quiet"
                aria-label={`Remove the view ${view.name}`}
                onClick={() => {
                  views.value = views.value.filter((each) => each !== view);
                }}
              >
                <Close />
              </button>
            </div>
          ))}
          <SaveView />
        </>
      )}
    </Menu>
  );
}

function SaveView() {
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const name = String(new FormData(form).get("name") ?? "").trim();
    if (name === "") return;
    const view = { name, query: writeQuery(query.value), columns: [...columns.value] };
    views.value = [...views.value.filter((each) => each.name !== name), view];
    form.reset();
  };
  return (
    <form class="menu-form" onSubmit={submit}>
      <input name="name" maxLength={40} placeholder="Name of this view" aria-label="Name of this view" required />
      <button type="submit" class="button">
        Save
      </button>
    </form>
  );
}
