/* Small things about text and elements that every part of the page uses. */

export function escapeXml(s) {
  return s.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

/* An element: el('button', {class: 'big', onclick: f}, 'text', child, …). null children are left out. */
export function el(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children.filter((c) => c !== null && c !== undefined));
  return node;
}

/* A label as inline nodes: **strong** is kept, other marks of Markdown are taken off. */
function inline(line) {
  return line.replace(/^#+\s*/, '').split(/(\*\*[^*]+\*\*)/).filter((part) => part !== '')
    .map((part) => part.startsWith('**') && part.endsWith('**') && part.length > 4
      ? el('strong', null, part.slice(2, -2)) : part);
}

/* A label of several lines as nodes with breaks between them. */
export function rich(text) {
  const out = [];
  text.trim().split(/\n/).forEach((line, n) => {
    if (n > 0) out.push(el('br'));
    out.push(...inline(line.trim()));
  });
  return out;
}

/* head + filling + tail, so long in UTF-8 that it fills whole blocks: a size tells nothing then. */
export function blocks(head, tail, fill, size = 4096) {
  const n = new TextEncoder().encode(head + tail).length;
  return head + fill.repeat((size - (n % size)) % size) + tail;
}
