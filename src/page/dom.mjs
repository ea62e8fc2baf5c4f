// Small helpers for the document. Text always goes in as text, never as markup.
import { printable } from './format.mjs';

/** An element; children are nodes, texts or nothing. Properties that begin with on are listeners. */
export function el(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

export function svg(tag, properties = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), properties, children);
}

function fill(node, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : printable(value));
  }
  node.append(...nodes(children));
  return node;
}

function nodes(children) {
  return children.flat().filter((c) => c !== null && c !== undefined && c !== false)
    .map((c) => (c instanceof Node ? c : document.createTextNode(printable(c))));
}

/** Takes the place of all children. */
export const put = (node, ...children) => node.replaceChildren(...nodes(children));

/** Sets the text where it differs, so that nothing is drawn or read out in vain. */
export function say(node, text) {
  const shown = printable(text);
  if (node.textContent !== shown) node.textContent = shown;
}

export function setAttribute(node, name, value) {
  if (value === null) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, String(value));
}

export const byId = (id) => document.getElementById(id);

export const prefersStillness = () => matchMedia('(prefers-reduced-motion: reduce)').matches;
