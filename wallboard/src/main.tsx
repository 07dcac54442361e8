import { render } from "preact";
import { restore } from "./state/session";
import { App } from "./ui/app";
import { listenToKeys } from "./ui/keys";

void restore();
listenToKeys();
render(<App />, document.getElementById("board")!);
