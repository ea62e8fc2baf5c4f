// Which rows of a long list have to be in the document: those in sight, and a few around them.

/** {first, last (exclusive), top, total}: the rows to draw, where the first begins, and the whole height. */
export function visibleRows({ count, rowHeight, scrollTop, height, overscan = 8 }) {
  const total = count * rowHeight;
  const top = Math.min(Math.max(0, scrollTop), Math.max(0, total - height));
  const first = Math.max(0, Math.floor(top / rowHeight) - overscan);
  const last = Math.min(count, Math.ceil((top + height) / rowHeight) + overscan);
  return { first, last, top: first * rowHeight, total };
}

/** Where to scroll so that a row is in sight; as little as possible. */
export function scrollToRow({ index, rowHeight, scrollTop, height }) {
  const top = index * rowHeight;
  if (top < scrollTop) return top;
  if (top + rowHeight > scrollTop + height) return top + rowHeight - height;
  return scrollTop;
}

/** The row that is selected after a key, or null where the key isn't for the list. */
export function moveSelection(key, { index, count, page }) {
  if (count === 0) return null;
  const to = {
    ArrowDown: index + 1, j: index + 1, ArrowUp: index - 1, k: index - 1,
    PageDown: index + page, PageUp: index - page, Home: 0, End: count - 1,
  }[key];
  return to === undefined ? null : Math.min(count - 1, Math.max(0, to));
}
