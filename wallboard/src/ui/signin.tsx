// The sign-in: with a name and a password, or with a token.

import { useState } from "preact/hooks";
import { basic, bearer, messageOf } from "../net/api";
import { farewell, signIn } from "../state/session";
import { Mark } from "./icons";

type Way = "password" | "token";

export function SignIn() {
  const [way, setWay] = useState<Way>("password");
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState("");
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const given = new FormData(event.target as HTMLFormElement);
    const text = (name: string) => String(given.get(name) ?? "");
    setBusy(true);
    setWrong("");
    try {
      await signIn(way === "password" ? basic(text("name"), text("password")) : bearer(text("token")));
    } catch (error) {
      setWrong(messageOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <main class="middle">
      <form class="signin" onSubmit={submit} aria-labelledby="signin-title">
        <Mark />
        <h1 id="signin-title">Callboard</h1>
        <p class="muted">The calls that are up right now.</p>
        {(wrong || farewell.value) && (
          <p class="notice notice-bad" role="alert">
            {wrong || farewell.value}
          </p>
        )}
        <div class="segments" role="group" aria-label="Sign in with">
          <button type="button" aria-pressed={way === "password"} onClick={() => setWay("password")}>
            Password
          </button>
          <button type="button" aria-pressed={way === "token"} onClick={() => setWay("token")}>
            Token
          </button>
        </div>
        {way === "password" ? <PasswordFields /> : <TokenField />}
        <button type="submit" class="button button-strong" disabled={busy}>
          {busy ? "Signing in …" : "Sign in"}
        </button>
        <p class="muted small">You stay signed in until this tab is closed.</p>
      </form>
    </main>
  );
}

function PasswordFields() {
  return (
    <>
      <label>
        Name
        <input name="name" autocomplete="username" autocapitalize="none" spellcheck={false} required autofocus />
      </label>
      <label>
        Password
        <input name="password" type="password" autocomplete="current-password" required />
      </label>
    </>
  );
}

function TokenField() {
  return (
    <label>
      Token
      <input name="token" type="password" autocomplete="off" spellcheck={false} required autofocus />
    </label>
  );
}
