// What is on the screen: the sign-in, the board, or the board on the wall.

import { wall } from "../state/address";
import { restoring, session } from "../state/session";
import { Board } from "./board";
import { Confirmation } from "./confirm";
import { Help } from "./help";
import { Mark } from "./icons";
import { Orders } from "./orders";
import { SignIn } from "./signin";
import { WallBoard } from "./wall";

export function App() {
  if (restoring.value && !session.value) {
    return (
      <main class="middle" aria-busy="true">
        <Mark />
        <p role="status">Signing in …</p>
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
