// Pieces that several parts of the board are made of.

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import type { CallMessage, State } from "../model/call";
import { age, length, stateWord } from "../model/words";
import { now } from "../state/board";

/** A length that ticks: from a moment on, in Unix milliseconds. */
export function Ticking({ since }: { since: number }) {
  return <>{Number.isFinite(since) ? length(now.value - since) : ""}</>;
}

/** The age of something, which ticks. */
export function Age({ since }: { since: number }) {
  return <>{age(now.value - since)}</>;
}

/** A state: a mark whose shape differs, not its colour alone, and the word. */
export function StateMark({ state }: { state: State }) {
  return (
    <span class={`state state-${state}`}>
      <span class="dot" aria-hidden="true" />
      {stateWord(state)}
    </span>
  );
}

export function Suspect({ call }: { call: CallMessage }) {
  if (!call.suspect) return null;
  const since = call.suspect_since ? Date.parse(call.suspect_since) : null;
  return (
    <span class="badge badge-suspect" title="Nothing vouches for this call at present: it may be up or over">
      suspect
      {since === null ? null : (
        <>
          {" "}
          <Age since={since} />
        </>
      )}
    </span>
  );
}

/** A button that opens a panel below it. Escape, a click elsewhere and the focus going elsewhere close it. */
export function Menu(props: {
  label: string;
  face: ComponentChildren;
  children: (close: () => void) => ComponentChildren;
}) {
  const [isOpen, setOpen] = useState(false);
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!isOpen) return undefined;
    box.current?.querySelector<HTMLElement>(".menu-panel :is(input, button, select)")?.focus();
    const elsewhere = (event: Event) => {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", elsewhere);
    return () => document.removeEventListener("pointerdown", elsewhere);
  }, [isOpen]);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || !isOpen) return;
    event.stopPropagation();
    close();
  };
  const onFocusOut = ({ relatedTarget }: FocusEvent) => {
    if (relatedTarget && !box.current?.contains(relatedTarget as Node)) setOpen(false);
  };
  return (
    <div class="menu" ref={box} onKeyDown={onKeyDown} onFocusOut={onFocusOut}>
      <button
        ref={button}
        type="button"
        class="button"
        aria-expanded={isOpen}
        aria-controls={id}
        aria-label={props.label}
        title={props.label}
        onClick={() => setOpen(!isOpen)}
      >
        {props.face}
      </button>
      {isOpen && (
        <div class="menu-panel" id={id} role="group" aria-label={props.label}>
          {props.children(close)}
        </div>
      )}
    </div>
  );
}

/** A dialog over everything else, which keeps the focus until it is closed. */
export function Dialog(props: { title: string; onClose: () => void; children: ComponentChildren; class?: string }) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    element.current?.showModal();
    return () => before?.focus?.();
  }, []);
  const onClick = (event: MouseEvent) => {
    if (event.target === event.currentTarget) props.onClose();
  };
  return (
    <dialog
      ref={element}
      class={`dialog ${props.class ?? ""}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
      onClick={onClick}
    >
      <div class="dialog-body">
        <h2 id={id}>{props.title}</h2>
        {props.children}
      </div>
    </dialog>
  );
}

export function Panel(props: {
  title: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
  class?: string;
}) {
  const id = useId();
  return (
    <section class={`panel ${props.class ?? ""}`} aria-labelledby={id}>
      <header class="panel-head">
        <h2 id={id}>{props.title}</h2>
        {props.aside}
      </header>
      {props.children}
    </section>
  );
}
