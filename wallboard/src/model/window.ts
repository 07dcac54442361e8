// Which rows of a long list are drawn: those that can be seen, some around them, and the one that has the focus.

/** Rows drawn above and below what can be seen, so that scrolling shows no gap. */
const AROUND = 8;

export interface Span {
  first: number;
  /** One past the last. */
  end: number;
}

/** The rows to draw for a scroll position; lengths in pixels. */
export function span(scrolled: number, height: number, rowHeight: number, rows: number): Span {
  const first = Math.max(0, Math.min(Math.floor(scrolled / rowHeight) - AROUND, rows));
  const end = Math.min(rows, Math.ceil((scrolled + height) / rowHeight) + AROUND);
  return { first, end: Math.max(first, end) };
}

/** Where to scroll so that a row can be seen whole; the position itself if it can be already. */
export function revealing(row: number, scrolled: number, height: number, rowHeight: number): number {
  const top = row * rowHeight;
  if (top < scrolled) return top;
  return top + rowHeight > scrolled + height ? top + rowHeight - height : scrolled;
}
