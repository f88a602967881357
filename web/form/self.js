/* Answering alone: one question a page, forwards only.
 *
 * Over the engine of web-forms (which knows relevance, constraints, calculations and the text of each
 * label in the language), pages of our own: large targets, the recorded label behind one large
 * button, nothing on the screen but this question. A page that was left is never shown again, to
 * nobody, by no key: the list of pages passed only grows. When an answer brings new questions they
 * come where the form has them; a question before the group is never asked here.
 *
 * Held by tests/e2e/browser-form.sh. Does not do: maps, barcodes, drawing; a form with such a question
 * in this part is refused before anything is asked (unsupported()). */
import { el, rich } from './text.js';

const INPUTS = { string: 'text', int: 'text', decimal: 'text', date: 'date', time: 'time', dateTime: 'datetime-local' };
const LEAVES = new Set(['input', 'note', 'select', 'range', 'rank', 'trigger', 'upload']);

/* The pages of a tree from the group `from` on (null: from the start), in the form's order: questions
 * that are relevant now, and for a repeat without a count the question for another one. */
export function pagesOf(root, from, done) {
  const out = [];
  let begun = from === null;
  const walk = (node) => {
    const { relevant, reference, children } = node.currentState;
    begun = begun || reference === from;
    if (!relevant) return;
    if (LEAVES.has(node.nodeType)) {
      if (begun && node.currentState.label !== null) out.push({ key: node.nodeId, node });
      return;
    }
    for (const child of children ?? []) walk(child);
    if (begun && node.nodeType === 'repeat-range:uncontrolled' && !done.has(node.nodeId))
      out.push({ key: `${node.nodeId}+${children.length}`, more: node });
  };
  walk(root);
  return out.filter((p) => p.node === undefined || p.node.currentState.reference.split('/').pop() !== 'helpline_card');
}

/* The names of questions that this part cannot show; every node of the form from `from` on. */
export function unsupported(root, from) {
  const out = [];
  let begun = from === null;
  const walk = (node) => {
    begun = begun || node.currentState.reference === from;
    if (begun && node.nodeType === 'input' && !(node.valueType in INPUTS)) out.push(node.currentState.reference);
    for (const child of node.currentState.children ?? []) walk(child);
  };
  walk(root);
  return out;
}

export class Alone {
  /* host: {place: element, words, fetchMedia(name) → blob URL or null, audit, passed(): after each page,
   *        ended(): no page left, part(node): 'self' or 'after'} */
  constructor(root, from, host) {
    Object.assign(this, { root, from, host, passed: new Set(), done: new Set(), share: 0 });
  }

  next() {
    const pages = pagesOf(this.root, this.from, this.done);
    const page = pages.find((p) => !this.passed.has(p.key));
    if (page === undefined) return this.host.ended();
    const left = pages.filter((p) => !this.passed.has(p.key)).length;
    this.share = Math.max(this.share, this.passed.size / (this.passed.size + left));
    return page.more ? this.askMore(page) : this.ask(page);
  }

  leave(page) {
    this.passed.add(page.key);
    this.host.place.replaceChildren();
    this.host.passed();
    this.next();
  }

  show(title, look, media, ...parts) {
    const { words, place } = this.host;
    const head = el('h1', { id: 'ask', tabindex: '-1', class: look }, ...title);
    place.replaceChildren(...[
      el('div', { class: 'progress', role: 'progressbar', 'aria-label': words.progress, 'aria-valuemin': '0',
        'aria-valuemax': '100', 'aria-valuenow': String(Math.round(this.share * 100)) },
      el('span', { style: `width:${Math.round(this.share * 100)}%` })),
      head, media, ...parts].filter((n) => n !== null));
    window.scrollTo(0, 0);
    head.focus({ preventScroll: true });
  }

  ask(page) {
    const { node } = page, { words, audit } = this.host;
    if (this.host.before?.(node, () => this.ask(page))) return;
    const { label, hint, required } = node.currentState;
    audit.at(node.currentState.reference, Date.now());
    const fault = el('p', { class: 'fault', role: 'alert', id: 'fault' });
    const go = el('button', { type: 'submit', class: 'big' });
    const answered = () => (node.currentState.instanceValue ?? '') !== '';
    const changed = () => {
      fault.textContent = '';
      const plain = node.nodeType === 'note' || node.nodeType === 'rank' || answered() || required;
      go.textContent = plain ? words.next : words.leave_out;
      go.classList.toggle('quiet', !plain);
    };
    const control = CONTROLS[node.nodeType](node, changed, this.host);
    const order = node.nodeType === 'rank'; /* an order that is left as it stands is an answer too */
    const out = order && !required ? el('button', { type: 'button', class: 'big quiet', onclick: () => { node.setValues([]); this.leave(page); } }, words.leave_out) : null;
    const form = el('form', { class: 'ask', novalidate: true, autocomplete: 'off', onsubmit: (e) => {
      e.preventDefault();
      if (order) node.setValues([...control.order]);
      const wrong = node.validationState.violation;
      if (!wrong) return this.leave(page);
      audit.error(node.currentState.reference, Date.now());
      fault.textContent = wrong.message.origin === 'engine'
        ? (wrong.condition === 'required' ? words.required : words.invalid) : wrong.message.asString;
      return fault.scrollIntoView({ block: 'nearest' });
    } }, hint ? el('p', { class: 'hint' }, ...rich(hint.asString)) : null, control, fault,
    el('div', { class: 'go' }, go, out));
    changed();
    this.show(rich(label.asString), node.nodeType === 'note' ? 'note' : null, media(label, this.host), form);
  }

  askMore(page) {
    const { words } = this.host, range = page.more;
    const yes = el('button', { type: 'button', class: 'big', onclick: () => { range.addInstances(); this.leave(page); } }, words.yes);
    const no = el('button', { type: 'button', class: 'big quiet', onclick: () => { this.done.add(range.nodeId); this.leave(page); } }, words.no);
    const label = range.currentState.label?.asString;
    this.show([words.more], null, null, label ? el('p', { class: 'hint' }, label) : null, el('div', { class: 'go' }, yes, no));
  }
}

/* The recorded label as one large button; a picture above it. */
function media(label, host) {
  const box = el('div', { class: 'media' });
  const name = (url) => decodeURIComponent(url.href.split('/').pop());
  if (label.imageSource)
    host.fetchMedia(name(label.imageSource)).then((url) => { if (url) box.prepend(el('img', { src: url, alt: '' })); });
  if (label.audioSource) box.append(listen(name(label.audioSource), host, 'big listen'));
  return box.childNodes.length === 0 && !label.imageSource ? null : box;
}

export function listen(name, host, look) {
  const button = el('button', { type: 'button', class: look }, el('span', { class: 'play', 'aria-hidden': 'true' }), host.words.listen);
  const sound = new Audio();
  sound.onended = () => button.classList.remove('on');
  button.addEventListener('click', async () => {
    if (!sound.src) {
      const url = await host.fetchMedia(name);
      if (url === null) { button.disabled = true; return; }
      sound.src = url;
    }
    if (sound.paused) { sound.currentTime = 0; await sound.play().catch(() => undefined); button.classList.add('on'); }
    else { sound.pause(); button.classList.remove('on'); }
  });
  return button;
}

const CONTROLS = {
  note: () => null,

  select(node, changed, host) {
    const many = node.selectType === 'select';
    const box = el('fieldset', { class: 'choices', 'aria-labelledby': 'ask', 'aria-describedby': 'fault' });
    for (const option of node.currentState.valueOptions) {
      const input = el('input', { type: many ? 'checkbox' : 'radio', name: 'answer', autocomplete: 'off' });
      input.checked = node.isSelected(option.value);
      input.addEventListener('change', () => {
        if (!many) node.selectValue(option.value);
        else {
          const now = new Set(node.currentState.value);
          if (input.checked) now.add(option.value); else now.delete(option.value);
          node.selectValues([...now]);
        }
        changed();
      });
      const sound = option.label.audioSource;
      const text = el('span', null, ...rich(option.label.asString));
      if (option.label.imageSource)
        host.fetchMedia(decodeURIComponent(option.label.imageSource.href.split('/').pop()))
          .then((url) => { if (url) text.prepend(el('img', { src: url, alt: '' })); });
      box.append(el('div', { class: 'choice' }, el('label', null, input, text),
        sound ? listen(decodeURIComponent(sound.href.split('/').pop()), host, 'listen small') : null));
    }
    return box;
  },

  input(node, changed) {
    const type = INPUTS[node.valueType];
    const long = node.valueType === 'string' && (node.nodeOptions?.rows > 1 || node.appearances?.multiline);
    const input = el(long ? 'textarea' : 'input', { type: long ? null : type, rows: long ? '4' : null,
      inputmode: { int: 'numeric', decimal: 'decimal' }[node.valueType], autocomplete: 'off', autocapitalize: 'sentences',
      spellcheck: 'false', 'aria-labelledby': 'ask', 'aria-describedby': 'fault', class: 'line' });
    input.value = node.currentState.instanceValue;
    const number = node.valueType === 'int' || node.valueType === 'decimal';
    input.addEventListener('input', () => {
      if (number) input.value = input.value.replace(node.valueType === 'int' ? /(?!^-)\D/g : /[^0-9.-]/g, '');
      node.setValue(number && /^-?$/.test(input.value) ? '' : input.value);
      changed();
    });
    return input;
  },

  range(node, changed) {
    const { start, end, step } = node.definition.bounds;
    const box = el('fieldset', { class: 'range', 'aria-labelledby': 'ask' });
    for (let v = Number(start); v <= Number(end) + 1e-9; v += Number(step)) {
      const text = String(Math.round(v * 1e6) / 1e6);
      const input = el('input', { type: 'radio', name: 'answer' });
      input.checked = String(node.currentState.value ?? '') === text;
      input.addEventListener('change', () => { node.setValue(text); changed(); });
      box.append(el('label', null, input, el('span', null, text)));
    }
    return box;
  },

  trigger(node, changed, host) {
    const input = el('input', { type: 'checkbox' });
    input.checked = node.currentState.value === true;
    input.addEventListener('change', () => { node.setValue(input.checked); changed(); });
    return el('div', { class: 'choice' }, el('label', null, input, el('span', null, host.words.read)));
  },

  rank(node, _changed, host) {
    const box = el('ol', { class: 'rank', 'aria-labelledby': 'ask' });
    const text = new Map(node.currentState.valueOptions.map((o) => [o.value, o.label.asString]));
    let order = node.currentState.value.length > 0 ? [...node.currentState.value] : [...text.keys()];
    const draw = (focus) => {
      box.order = order;
      box.replaceChildren(...order.map((value, n) => {
        const move = (by) => el('button', { type: 'button', class: 'small', disabled: n + by < 0 || n + by >= order.length,
          'aria-label': `${by < 0 ? host.words.up : host.words.down}: ${text.get(value)}`, onclick: () => {
            order = order.map((v, k) => (k === n ? order[n + by] : k === n + by ? value : v));
            draw([n + by, by < 0 ? 0 : 1]);
          } }, by < 0 ? '▲' : '▼');
        return el('li', null, el('span', null, text.get(value)), el('span', { class: 'moves' }, move(-1), move(1)));
      }));
      if (focus) {
        const [up, down] = box.children[focus[0]].querySelectorAll('button');
        const wish = focus[1] === 0 ? up : down;
        (wish.disabled ? (wish === up ? down : up) : wish).focus();
      }
    };
    draw();
    return box;
  },

  upload(node, changed) {
    const input = el('input', { type: 'file', accept: node.nodeOptions.media.accept, 'aria-labelledby': 'ask', class: 'line' });
    input.addEventListener('change', () => { node.setValue(input.files[0] ?? null); changed(); });
    return input;
  },
};
