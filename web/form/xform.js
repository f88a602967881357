/* The form definition as the page needs it: its languages, its parts, its help-line card.
 *
 * A form with a part that is answered alone is used in two pieces, made from one document:
 *
 *   before   the body up to the group of that part: what the interviewer asks, shown by web-forms
 *   rest     the group and all that follows it: shown one question a page (self.js)
 *
 * Only the controls differ; model, binds and calculations are the whole form's in both, so references
 * across the parts hold. In `before` the private questions are in no page and no memory. */

import { blocks } from './text.js';
import { wordsOf } from './words.js';

const XFORMS = 'http://www.w3.org/2002/xforms';
const XHTML = 'http://www.w3.org/1999/xhtml';
const JR = 'http://openrosa.org/javarosa';
const CARD = 'helpline_card';

const step = (ref) => (ref ?? '').split('/').pop();

export class Form {
  constructor(text, selfName) {
    this.doc = new DOMParser().parseFromString(text, 'application/xml');
    if (this.doc.querySelector('parsererror')) throw new Error('the form definition is not XML');
    this.body = this.doc.getElementsByTagNameNS(XHTML, 'body')[0];
    this.languages = Array.from(this.doc.getElementsByTagNameNS(XFORMS, 'translation'), (t) => {
      const name = t.getAttribute('lang');
      const code = /\(([A-Za-z-]+)\)\s*$/.exec(name)?.[1] ?? (/^[a-z]{2,3}(-\w+)*$/.test(name) ? name : 'und');
      return { name, code, first: t.hasAttribute('default'), label: ownName(code) ?? name };
    });
    this.self = selfName === null ? null
      : this.controls().find((c) => c.localName === 'group' && step(c.getAttribute('ref')) === selfName) ?? null;
    this.selfRef = this.self?.getAttribute('ref') ?? null;
    this.card = this.controls().find((c) => step(c.getAttribute('ref')) === CARD) ?? null;
    this.key = this.doc.getElementsByTagNameNS(XFORMS, 'submission')[0]?.getAttribute('base64RsaPublicKey') ?? null;
    this.audited = this.metaOf(this.doc)?.getElementsByTagNameNS('*', 'audit').length > 0;
  }

  controls(root = this.body) {
    return Array.from(root.getElementsByTagName('*')).filter((e) => e.hasAttribute('ref') || e.hasAttribute('nodeset'));
  }

  refs(root) {
    return new Set(this.controls(root).flatMap((c) => [c.getAttribute('ref'), c.getAttribute('nodeset')]).filter((r) => r?.startsWith('/')));
  }

  /* The answers of `before` put into the form's own empty record, for the rest of the form to begin
   * with: what that piece does not know (above all repeats) is as the form has it at its start. */
  carried(xml) {
    const doc = parsed(xml);
    const out = document.implementation.createDocument(null, null);
    const model = this.doc.getElementsByTagNameNS(XFORMS, 'instance')[0];
    out.append(out.importNode(model.firstElementChild, true));
    for (const t of out.querySelectorAll('*')) if (t.hasAttributeNS(JR, 'template')) t.remove();
    const before = new DOMParser().parseFromString(this.text(null, 'before'), 'application/xml');
    const gone = less(this.refs(this.body), this.refs(before.getElementsByTagNameNS(XHTML, 'body')[0]));
    const merge = (to, from, path) => {
      const names = new Set(Array.from([...to.children, ...from.children], (c) => c.localName));
      for (const name of names) {
        const here = `${path}/${name}`, of = (e) => Array.from(e.children).filter((c) => c.localName === name);
        const mine = of(to), theirs = of(from);
        if (gone.includes(here) || theirs.length === 0) continue;
        if (mine.length === 1 && gone.some((g) => g.startsWith(`${here}/`))) { merge(mine[0], theirs[0], here); continue; }
        for (const t of theirs) to.insertBefore(out.importNode(t, true), mine[0] ?? null);
        for (const m of mine) m.remove();
      }
    };
    merge(out.documentElement, doc.documentElement, `/${doc.documentElement.localName}`);
    return new XMLSerializer().serializeToString(out);
  }

  metaOf(root) {
    return root.getElementsByTagNameNS('*', 'meta')[0] ?? null;
  }

  /* The document as text, in a language, with only the piece asked for ('before', 'whole'). */
  text(language, piece, words) {
    const doc = this.doc.cloneNode(true);
    for (const t of doc.getElementsByTagNameNS(XFORMS, 'translation')) {
      if (t.getAttribute('lang') === language) t.setAttribute('default', 'true()');
      else t.removeAttribute('default');
    }
    const body = doc.getElementsByTagNameNS(XHTML, 'body')[0];
    /* where the form has no message of its own, web-forms has an English one: ours instead */
    for (const b of words ? doc.getElementsByTagNameNS(XFORMS, 'bind') : []) {
      if (b.hasAttribute('required') && !b.hasAttributeNS(JR, 'requiredMsg')) b.setAttributeNS(JR, 'jr:requiredMsg', words.required);
      if (b.hasAttribute('constraint') && !b.hasAttributeNS(JR, 'constraintMsg')) b.setAttributeNS(JR, 'jr:constraintMsg', words.invalid);
    }
    if (piece === 'before') {
      const all = this.controls(body);
      const from = this.selfRef === null ? null : all.find((c) => c.localName === 'group' && c.getAttribute('ref') === this.selfRef);
      for (let at = from; at && at !== body; at = at.parentNode)
        while (at.nextElementSibling) at.nextElementSibling.remove();
      from?.remove();
      for (const c of this.controls(body)) if (step(c.getAttribute('ref')) === CARD) c.remove();
      /* what is not asked here cannot be required here */
      const gone = new Set(less(this.refs(this.body), this.refs(body)));
      for (const b of doc.getElementsByTagNameNS(XFORMS, 'bind'))
        if (gone.has(b.getAttribute('nodeset'))) for (const a of ['required', 'constraint']) b.removeAttribute(a);
      for (const t of doc.getElementsByTagNameNS(XFORMS, 'instance')[0].querySelectorAll('*'))
        if (t.hasAttributeNS(JR, 'template') && gone.has(pathOf(t))) { /* a repeat that is not shown here is no repeat */
          if (Array.from(t.parentNode.children).some((c) => c !== t && c.localName === t.localName)) t.remove();
          else t.removeAttributeNS(JR, 'template');
        }
    }
    return new XMLSerializer().serializeToString(doc);
  }

  /* The help-line card in a language: {text, audio}; outputs are taken from the answers' document. */
  cardIn(language, answers) {
    const label = this.card?.getElementsByTagNameNS(XFORMS, 'label')[0];
    if (!label) return null;
    const id = /jr:itext\('([^']+)'\)/.exec(label.getAttribute('ref') ?? '')?.[1];
    if (id === undefined) return { text: this.flat(label, answers), audio: null };
    const pick = (lang) => Array.from(this.doc.getElementsByTagNameNS(XFORMS, 'translation'))
      .find((t) => t.getAttribute('lang') === lang);
    const from = pick(language) ?? this.doc.getElementsByTagNameNS(XFORMS, 'translation')[0];
    const values = (t) => Array.from(t?.getElementsByTagNameNS(XFORMS, 'text') ?? [])
      .filter((x) => x.getAttribute('id') === id).flatMap((x) => Array.from(x.children));
    const here = values(from);
    const plain = here.find((v) => !v.hasAttribute('form'));
    const text = plain ? this.flat(plain, answers).trim() : '';
    if (text === '' || text === '-') { /* not translated: better the first language than nothing */
      const first = this.languages.find((l) => l.first) ?? this.languages[0];
      return first.name === language ? null : this.cardIn(first.name, answers);
    }
    return { text, audio: here.find((v) => v.getAttribute('form') === 'audio')?.textContent.split('/').pop() ?? null };
  }

  flat(node, answers) {
    return Array.from(node.childNodes, (c) => {
      if (c.nodeType === 3) return c.data;
      if (c.localName !== 'output') return '';
      return at(answers, (c.getAttribute('value') ?? c.getAttribute('ref') ?? '').trim())?.textContent ?? '';
    }).join('');
  }

  /* Files that the form names (jr://…). */
  files() {
    const text = new XMLSerializer().serializeToString(this.doc);
    return new Set(Array.from(text.matchAll(/jr:\/\/[a-z-]+\/([^<"]+)/g), (m) => m[1].trim()));
  }
}

/* A language's name for itself: browsers do not know all of them. */
function ownName(code) {
  const words = wordsOf(code);
  if (code === words.code || code.startsWith(`${words.code}-`)) return words.name;
  try {
    const name = code === 'und' ? undefined : new Intl.DisplayNames([code], { type: 'language', fallback: 'none' }).of(code);
    return name === undefined ? null : name.charAt(0).toLocaleUpperCase(code) + name.slice(1);
  } catch {
    return null;
  }
}

/* The path of a node of the primary instance: /data/part/age. */
function pathOf(node) {
  return node.localName === 'instance' ? '' : `${pathOf(node.parentNode)}/${node.localName}`;
}

/* XML as the engine writes it; it must be well-formed. */
function parsed(xml) {
  const doc = new DOMParser().parseFromString(xml, 'application/xml');
  if (doc.querySelector('parsererror')) throw new Error('the answers are not XML');
  return doc;
}

/* What the body `before` lacks of the whole body's references. */
const less = (all, some) => [...all].filter((r) => !some.has(r));

/* The element of a path such as /data/part/age in a document of answers, or undefined. */
export function at(answers, path) {
  const steps = path.split('/').filter((s) => s !== '');
  let node = answers?.documentElement;
  if (!node || steps.shift() !== node.localName) return undefined;
  for (const s of steps) {
    node = Array.from(node.children).find((c) => c.localName === s);
    if (!node) return undefined;
  }
  return node;
}

/* The answers as they go out: the audit's file name put in, and blanks after the last element up to whole
 * blocks, for the size would tell which questions were asked. Returns {id, xml, doc}. */
export function finished(xml, audited) {
  const doc = parsed(xml);
  const meta = Array.from(doc.documentElement.children).find((c) => c.localName === 'meta');
  const id = Array.from(meta?.children ?? []).find((c) => c.localName === 'instanceID')?.textContent;
  if (!id) throw new Error('the form gives no instanceID');
  const audit = Array.from(meta.children).find((c) => c.localName === 'audit');
  if (audited && audit) audit.textContent = 'audit.csv';
  return { id, doc, xml: blocks(new XMLSerializer().serializeToString(doc), '\n', ' ') };
}

/* The value of a field, by its name, anywhere outside the group answered alone; undefined when there
 * is none or only inside. */
export function outside(doc, name, selfName) {
  const within = (n) => n && n !== doc.documentElement && (n.localName === selfName || within(n.parentNode));
  return Array.from(doc.getElementsByTagName('*')).find((e) => e.localName === name && e.children.length === 0 && !within(e))?.textContent;
}
