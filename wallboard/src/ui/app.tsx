// What is on the screen: the sign-in, the board, or the board on the wall.

import { useEffect, useErrorBoundary } from "preact/hooks";
import { messageOf } from "../net/api";
import { wall } from "../state/address";
import { restoring, session, signOut } from "../state/session";
import { Board } from "./board";
import { Confirmation } from "./confirm";
import { Help } from "./help";
import { Mark } from "./icons";
import { Orders } from "./orders";
import { SignIn } from "./signin";
import { WallBoard } from "./wall";

export function App() {
  const [error] = useErrorBoundary();
  if (error) return <Broken why={messageOf(error)} />;
  return <Screen />;
}

/** A board hangs on a wall for months: what went wrong is told, and it begins anew by itself. */
function Broken({ why }: { why: string }) {
  useEffect(() => {
    const timer = setTimeout(() => location.reload(), 20_000);
    return () => clearTimeout(timer);
  }, []);
  return (
    <main class="middle">
      <Mark />
      <p role="alert">Something went wrong on this page: {why}</p>
      <button type="button" class="button button-strong" onClick={() => location.reload()}>
        Begin anew
      </button>
    </main>
  );
}

function Screen() {
  if (restoring.value && !session.value) {
    return (
      <main class="middle" aria-busy="true">
        <Mark />
        <p role="status">Signing in … {restoring.value.why}</p>
        <button type="button" class="button" onClick={() => signOut()}>
          Sign in as somebody else
        </button>
      </main>
    );
  }
  if (!session.value) return <SignIn />;
  if (wall.value) return <WallBoard />;
  return (
    <>
      <Board />
      <Orders />
      <Confirmation />
      <Help />
    </>
  );
}
