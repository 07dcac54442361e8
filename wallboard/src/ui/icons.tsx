// Small drawings, 16 by 16, in the colour of the text around them. They say nothing that words do not say too.

import type { ComponentChildren } from "preact";

function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {children}
    </svg>
  );
}

export const Mark = () => (
  <svg class="mark" viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <rect width="32" height="32" rx="8" class="mark-ground" />
    <g stroke="#fff" stroke-width="3" stroke-linecap="round">
      <path d="M8 10h9" />
      <path d="M8 16h16" />
      <path d="M8 22h6" />
    </g>
    <circle cx="23" cy="10" r="2.6" fill="#7ee2b0" />
  </svg>
);

export const Search = () => (
  <Icon>
    <circle cx="7" cy="7" r="4.5" />
    <path d="m10.5 10.5 3.5 3.5" />
  </Icon>
);
export const Close = () => (
  <Icon>
    <path d="m4 4 8 8M12 4l-8 8" />
  </Icon>
);
export const Sun = () => (
  <Icon>
    <circle cx="8" cy="8" r="3" />
    <path d="M8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1" />
  </Icon>
);
export const Moon = () => (
  <Icon>
    <path d="M13.2 9.6A5.7 5.7 0 0 1 6.4 2.8a5.7 5.7 0 1 0 6.8 6.8Z" />
  </Icon>
);
export const Half = () => (
  <Icon>
    <circle cx="8" cy="8" r="5.5" />
    <path d="M8 2.5a5.5 5.5 0 0 1 0 11Z" fill="currentColor" />
  </Icon>
);
export const Wall = () => (
  <Icon>
    <rect x="1.8" y="2.8" width="12.4" height="8.4" rx="1.2" />
    <path d="M5.5 13.5h5" />
  </Icon>
);
export const Keyboard = () => (
  <Icon>
    <rect x="1.5" y="4" width="13" height="8" rx="1.5" />
    <path d="M4 6.7h.01M6.7 6.7h.01M9.3 6.7h.01M12 6.7h.01M5 9.4h6" />
  </Icon>
);
export const Person = () => (
  <Icon>
    <circle cx="8" cy="5.5" r="2.7" />
    <path d="M2.8 13.5c.7-2.7 2.7-4 5.2-4s4.5 1.3 5.2 4" />
  </Icon>
);
export const Bookmark = () => (
  <Icon>
    <path d="M4.5 2.5h7v11L8 10.8 4.5 13.5Z" />
  </Icon>
);
export const Columns = () => (
  <Icon>
    <rect x="2" y="3" width="12" height="10" rx="1.2" />
    <path d="M6 3v10M10 3v10" />
  </Icon>
);
export const Pause = () => (
  <Icon>
    <path d="M5.5 3.5v9M10.5 3.5v9" />
  </Icon>
);
export const Play = () => (
  <Icon>
    <path d="M5 3.2v9.6l7.5-4.8Z" />
  </Icon>
);
export const HangUp = () => (
  <Icon>
    <path d="M1.8 9.6c3.6-3.5 8.8-3.5 12.4 0l-1.7 1.9-2.4-1.1V8.6a7.8 7.8 0 0 0-4.2 0v1.8l-2.4 1.1Z" />
  </Icon>
);
export const Back = () => (
  <Icon>
    <path d="M9.5 3.5 5 8l4.5 4.5" />
  </Icon>
);
