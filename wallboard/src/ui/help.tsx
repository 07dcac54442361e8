// The keys, and where to read on.

import { signal } from "@preact/signals";
import { shortcuts } from "../state/settings";
import { KEYS } from "./keys";
import { Dialog } from "./widgets";

const shown = signal(false);

export function showHelp(): void {
  shown.value = true;
}

export function Help() {
  if (!shown.value) return null;
  const close = () => {
    shown.value = false;
  };
  return (
    <Dialog title="Keyboard" onClose={close} class="help">
      <dl class="keys">
        {KEYS.map(({ keys, words }) => (
          <div key={words}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
      <label class="check">
        <input
          type="checkbox"
          checked={shortcuts.value}
          onChange={() => {
            shortcuts.value = !shortcuts.value;
          }}
        />
        Single letters are shortcuts
      </label>
      <div class="dialog-buttons">
        <a class="link small" href="/board/licences.txt" target="_blank" rel="noreferrer">
          Licences of what is in this page
        </a>
        <button type="button" class="button button-strong" onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
