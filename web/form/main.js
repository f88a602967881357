/* The form in the browser: the host page round web-forms.
 *
 * The way of one interview, each step a screen of its own:
 *
 *   start      language; what waits to be sent; whether the page works without a net
 *   before     web-forms: what the interviewer asks (the whole form when no part is answered alone)
 *   hand-over  press and hold, in the chosen language; from here on a sealed copy lies on the device
 *   self       one question a page, forwards only (self.js)
 *   give back  press and hold, when the form goes on after that part
 *   after      the rest, one question a page too
 *   card       the help-line card, at every ending, to everyone
 *   end        "complete" or "stopped early", nothing else
 *
 * Nothing that is answered is written anywhere unsealed: the answers live in the engine's memory until
 * they are sealed (seal.js), and go when the engine goes. A reload empties the page. There are no
 * drafts; what is on the device can be opened by nobody here.
 *
 * The page never navigates within itself, so the browser's history holds one entry; quick exit
 * replaces that one by the neutral page. */
import { createApp, h } from 'vue';
import { OdkWebForm, webFormsPlugin } from '@getodk/web-forms';
import { trefoilLoadForm } from '@getodk/web-forms/engine';
import { Alone, listen, pagesOf, unsupported } from './self.js';
import { Audit } from './audit.js';
import { el, rich } from './text.js';
import { Form, finished, outside } from './xform.js';
import { readKey, seal } from './seal.js';
import * as queue from './queue.js';
import { wordsOf } from './words.js';

const HOLD_MS = 1500, LEAVE_MS = 800, ESCAPES_MS = 1500, RETRY_MS = 30000;
const place = document.querySelector('#page');
const top_ = document.querySelector('#top');
const foot = document.querySelector('#foot');

const [, , token, formId, asked] = location.pathname.split('/');
const base = `/f/${token}/${formId}`;
const page = { path: location.pathname, setup: null, form: null, key: null, words: wordsOf('en'), language: null };
let interview = null; /* the one that is going on */

/* ---- what the page needs ---- */

async function get(path) {
  const reply = await fetch(path, { credentials: 'omit', referrerPolicy: 'no-referrer' });
  if (!reply.ok) throw new Error(`${path.split('/').pop()}: ${reply.status}`);
  return reply;
}

const media = new Map();
function fetchMedia(name) {
  if (!page.setup.media.includes(name)) return Promise.resolve(null);
  if (!media.has(name))
    media.set(name, get(`${base}/media/${encodeURIComponent(name)}`).then((r) => r.blob())
      .then((b) => URL.createObjectURL(b)).catch(() => { media.delete(name); return null; }));
  return media.get(name);
}

/* For web-forms: a Response for jr://images/name. A file the server does not have is 404. */
async function fetchAttachment(url) {
  const name = decodeURIComponent(String(url.href ?? url).split('/').pop());
  if (!page.setup.media.includes(name)) return new Response('', { status: 404 });
  return fetch(`${base}/media/${encodeURIComponent(name)}`, { credentials: 'omit', referrerPolicy: 'no-referrer' });
}

/* ---- frame ---- */

function screen(...nodes) {
  place.replaceChildren(...nodes);
  window.scrollTo(0, 0);
  const head = place.querySelector('h1');
  if (head) { head.tabIndex = -1; head.focus({ preventScroll: true }); }
}

function speak(name) {
  const l = page.form.languages.find((x) => x.name === name);
  page.language = l ?? null;
  page.words = wordsOf(l?.code ?? 'en');
  document.documentElement.lang = l && l.code !== 'und' ? l.code : page.words.code;
}

async function tally() {
  const n = await queue.counts(), w = page.words;
  if (interview?.alone) { foot.replaceChildren(); return; }
  foot.replaceChildren(el('p', { class: 'tally' },
    `${w.waiting}: `, el('b', { id: 'waiting' }, String(n.waiting)), ` · ${w.sent}: `, el('b', { id: 'sent' }, String(n.sent))),
  n.refused > 0 ? el('p', { class: 'tally bad', id: 'refused' }, `${w.refused}: ${n.refused} (${[...new Set(n.codes)].join(', ')}) `,
    el('button', { type: 'button', class: 'small', onclick: () => { void send(true); } }, w.again)) : '',
  el('p', { class: 'tally' }, el('a', { href: '/f/licences.txt', rel: 'noreferrer' }, w.licences)));
}

async function send(retry = false) {
  await queue.adopt();
  await queue.send(() => { void tally(); }, retry);
  await tally();
}

/* A button that must be held: by finger, by mouse, or by Space or Enter. */
function holdButton(text, then) {
  const fill = el('span', { class: 'fill', 'aria-hidden': 'true' });
  const button = el('button', { type: 'button', class: 'big hold' }, fill, el('span', null, text));
  let timer = null;
  const begin = (e) => {
    if (e.type === 'keydown' && (e.key !== ' ' && e.key !== 'Enter')) return;
    if (e.type === 'keydown') e.preventDefault();
    if (timer !== null) return;
    button.classList.add('held');
    timer = setTimeout(() => { stop(); then(); }, HOLD_MS);
  };
  const stop = () => { clearTimeout(timer); timer = null; button.classList.remove('held'); };
  for (const type of ['pointerdown', 'keydown']) button.addEventListener(type, begin);
  for (const type of ['pointerup', 'pointerleave', 'pointercancel', 'keyup', 'blur']) button.addEventListener(type, stop);
  button.addEventListener('contextmenu', (e) => e.preventDefault());
  return button;
}

/* ---- start ---- */

async function start() {
  const w = page.words, names = page.form.languages;
  const choose = (l) => { speak(l.name); document.title = page.setup.title; void start(); };
  top_.hidden = true;
  screen(el('section', { class: 'sheet' },
    el('p', { class: 'kicker' }, `${page.setup.country} · ${page.setup.version || page.setup.id}`),
    el('h1', null, page.setup.title),
    names.length > 1 ? el('fieldset', { class: 'languages' }, el('legend', null, w.language),
      ...names.map((l) => el('button', { type: 'button', class: l === page.language ? 'lang on' : 'lang', lang: l.code === 'und' ? null : l.code,
        'aria-pressed': String(l === page.language), onclick: () => choose(l) }, l.label))) : null,
    el('ul', { class: 'facts' }, el('li', null, w.no_drafts), el('li', null, w.sealed),
      el('li', { id: 'offline' }, page.offline ? w.offline : w.online)),
    el('div', { class: 'go' }, el('button', { type: 'button', class: 'big', id: 'start', onclick: () => { void before(); } }, w.start))));
  await tally();
}

/* ---- the interviewer's part ---- */

/* The styles that web-forms and its widgets put into the head hold for the whole page: they are on
 * only while the island is there. */
function islandStyles(on) {
  for (const s of document.head.querySelectorAll('style')) if (s.sheet) s.sheet.disabled = !on;
}

async function before() {
  const w = page.words;
  interview = { audit: new Audit(Date.now()), app: null, root: null, alone: false, id: null, release: null, part: 0 };
  const now = interview;
  screen(el('p', { class: 'wait', role: 'status' }, '…'));
  const island = el('div', { id: 'island' });
  now.app = createApp({ render: () => h(OdkWebForm, {
    formXml: page.form.text(page.language?.name ?? null, 'before', page.words),
    fetchFormAttachment: fetchAttachment, missingResourceBehavior: 'BLANK', trackDevice: false,
    preloadProperties: { deviceID: `trefoil.web:${page.setup.device}` },
    onSubmit: (payload) => { void gathered(now, payload); } }) });
  islandStyles(true);
  now.app.use(webFormsPlugin);
  now.app.mount(island);
  screen(island, el('div', { class: 'go' },
    el('button', { type: 'button', class: 'big', id: 'continue', onclick: () => { island.querySelector('.footer button')?.click(); } }, w.next),
    el('button', { type: 'button', class: 'plain', id: 'stop', onclick: () => { void stopBefore(now); } }, w.stop)));
  island.addEventListener('focusin', (e) => {
    const box = e.target.closest('.question-container');
    const node = box ? nodeOf(now.app, box.id.replace(/_container$/, '')) : null;
    if (node) now.audit.at(node.currentState.reference, Date.now());
  });
  tidy(island);
  await tally();
}

/* The root node of the form that a mounted web-forms shows: the property `form` of its header. */
function rootOf(app) {
  const look = (vnode) => {
    if (!vnode || typeof vnode !== 'object') return null;
    const form = vnode.component?.props?.form;
    if (form?.nodeType === 'root') return form;
    const below = vnode.component ? [vnode.component.subTree] : Array.isArray(vnode.children) ? vnode.children : [];
    for (const v of below) { const hit = look(v); if (hit) return hit; }
    return null;
  };
  return look(app._container?._vnode);
}

function nodeOf(app, id) {
  const look = (node) => {
    if (node.nodeId === id) return node;
    for (const child of node.currentState.children ?? []) { const hit = look(child); if (hit) return hit; }
    return null;
  };
  const root = rootOf(app);
  return root ? look(root) : null;
}

/* What web-forms leaves to its host: names for screen readers, no help from the keyboard's memory. */
function tidy(island) {
  const once = () => {
    for (const li of island.querySelectorAll('.form-error-text-wrap li:first-child'))
      if (li.textContent !== page.words.marked) li.textContent = page.words.marked;
    for (const i of island.querySelectorAll('input:not([autocomplete]), textarea:not([autocomplete])')) {
      i.setAttribute('autocomplete', 'off');
      i.setAttribute('spellcheck', 'false');
    }
    for (const b of island.querySelectorAll('button.button-menu:not([aria-label])')) b.setAttribute('aria-label', page.words.menu);
    for (const b of island.querySelectorAll('button.clear-button:not([aria-label])')) b.setAttribute('aria-label', page.words.clear);
    for (const r of island.querySelectorAll('[role=region]')) r.setAttribute('role', 'group'); /* many parts are no landmarks */
    for (const i of island.querySelectorAll('input[role=spinbutton]:not([aria-label])'))
      i.setAttribute('aria-label', i.closest('.question-container')?.querySelector('label')?.textContent.trim() ?? page.words.next);
  };
  new MutationObserver(once).observe(island, { childList: true, subtree: true, characterData: true });
  once();
}

async function answersOf(payload) {
  const data = payload.data[0], out = { xml: '', media: [] };
  for (const [name, value] of data.entries()) {
    if (name === 'xml_submission_file') out.xml = await value.text();
    else out.media.push({ name, bytes: new Uint8Array(await value.arrayBuffer()) });
  }
  return { ...out, data };
}

/* The interviewer pressed "next" and all is answered: on to the part answered alone, or the end. */
async function gathered(now, payload) {
  if (now !== interview || now.root !== null || now.over) return;
  const spoken = rootOf(now.app)?.currentState.activeLanguage?.language;
  if (spoken && page.form.languages.some((l) => l.name === spoken)) speak(spoken);
  const got = await answersOf(payload);
  unmount(now);
  if (page.form.self === null) return end(now, 'complete', got);
  const loaded = await trefoilLoadForm(page.form.text(page.language?.name ?? null, 'whole'),
    { fetchFormAttachment: fetchAttachment, missingResourceBehavior: 'BLANK' });
  const begun = new FormData();
  begun.append('xml_submission_file', new File([page.form.carried(got.xml)], 'xml_submission_file', { type: 'text/xml' }));
  for (const [name, file] of got.data.entries()) if (name !== 'xml_submission_file') begun.append(name, file, name);
  const { root } = await loaded.restoreInstance({ data: [begun] }, {
    instanceAttachments: { fileNameFactory: ({ writtenAt, extension }) => `${writtenAt.getTime()}${extension ?? ''}` },
    preloadProperties: { deviceID: `trefoil.web:${page.setup.device}` } });
  now.root = root;
  now.id = finished(got.xml, false).id;
  if (page.language) root.setLanguage(root.languages.find((l) => l.language === page.language.name));
  return pagesOf(root, page.form.selfRef, new Set()).length === 0 ? end(now, 'complete') : handOver(now);
}

function unmount(now) {
  now.app?.unmount();
  now.app = null;
  islandStyles(false);
  place.replaceChildren();
}

async function stopBefore(now) {
  if (!await sure()) return;
  const root = rootOf(now.app);
  const got = await answersOf(await root.prepareInstancePayload({ payloadType: 'monolithic' }));
  unmount(now);
  await end(now, 'stopped', got);
}

/* "Stop here?" as a dialog of the page (a browser's own would say the address). */
function sure() {
  const w = page.words;
  return new Promise((resolve) => {
    const box = el('dialog', { class: 'sheet', 'aria-labelledby': 'sure' }, el('h2', { id: 'sure' }, w.sure), el('p', null, w.sure_text),
      el('div', { class: 'go' }, el('button', { type: 'button', class: 'big', autofocus: true, onclick: () => box.close('no') }, w.go_on),
        el('button', { type: 'button', class: 'big quiet', id: 'sure-stop', onclick: () => box.close('yes') }, w.stop)));
    box.addEventListener('close', () => { box.remove(); resolve(box.returnValue === 'yes'); });
    document.body.append(box);
    box.showModal();
  });
}

/* ---- alone ---- */

async function handOver(now) {
  const w = page.words;
  now.alone = true;
  now.audit.alone(Date.now());
  foot.replaceChildren();
  now.release = await queue.hold(now.id);
  await owe('stopped');
  await sealPart(now);
  const first = pagesOf(now.root, page.form.selfRef, new Set())[0];
  const alone = inSelf(first.node ?? first.more);
  leaveBar(now);
  if (!alone) return answering(now);
  screen(el('section', { class: 'sheet hand' }, el('h1', null, w.hand_title), el('p', { class: 'lead' }, w.hand_text),
    el('p', null, w.hand_leave), el('div', { class: 'go' }, holdButton(w.hold, () => answering(now)))));
}

const inSelf = (node) => `${node.currentState.reference}/`.startsWith(`${page.form.selfRef}/`);

function answering(now) {
  const w = page.words;
  let given = false, wasSelf = false;
  screen();
  const alone = new Alone(now.root, page.form.selfRef, {
    place, words: w, fetchMedia, audit: now.audit,
    before(node, go) {
      if (inSelf(node)) wasSelf = true;
      if (!wasSelf || given || inSelf(node)) return false;
      given = true;
      screen(el('section', { class: 'sheet hand' }, el('h1', null, w.back_title), el('p', { class: 'lead' }, w.back_text),
        el('div', { class: 'go' }, holdButton(w.back_hold, go))));
      return true;
    },
    passed() { void sealPart(now); },
    ended() { void end(now, 'complete'); },
  });
  alone.next();
}

/* The bar with "leave now" and "stop", while alone. */
function leaveBar(now) {
  const w = page.words;
  top_.replaceChildren(
    el('button', { type: 'button', class: 'plain', id: 'stop-alone', onclick: async () => { if (await sure()) await end(now, 'stopped'); } }, w.stop),
    el('button', { type: 'button', class: 'exit', id: 'leave', onclick: () => { void leave(now); } }, w.leave));
  top_.hidden = false;
}

/* ---- endings ---- */

/* From the hand-over on the card is owed: whatever becomes of this page, the next one begins with it. */
const owe = (completion) => queue.owe({ page: page.path, completion, language: page.language?.name ?? null });

/* Seal what is there. Partial seals follow one another, never overtake. */
async function sealed(now, completion, got) {
  const time = Date.now();
  const answers = got ?? await answersOf(await now.root.prepareInstancePayload({ payloadType: 'monolithic' }));
  const out = finished(answers.xml, page.form.audited);
  now.id = out.id;
  const files = answers.media.slice();
  if (page.form.audited)
    files.push({ name: 'audit.csv', bytes: new TextEncoder().encode(now.audit.csv(time, completion === 'complete' ? 'form finalize' : 'form exit')) });
  const record = { id: out.id, xml: out.xml, media: files, clear: quality(now, out.doc, completion, time) };
  return { doc: out.doc, record: await seal(page.setup, page.key, record) };
}

/* The clear quality header: the fields that the study declared, never one that is answered alone;
 * `audit` stands for the summary of the audit log, with how the interview ended and in which language. */
function quality(now, doc, completion, time) {
  const out = [];
  for (const name of page.setup.clear) {
    const value = name === 'audit' ? undefined : outside(doc, name, page.setup.self);
    if (value !== undefined && value !== '') out.push([name, value]);
  }
  if (page.setup.clear.includes('audit'))
    out.push(...Object.entries({ ...now.audit.summary(time), 'audit.completion': completion, 'audit.language': page.language?.code ?? 'und' }));
  return out;
}

function sealPart(now) {
  now.work = (now.work ?? Promise.resolve()).then(async () => {
    if (now.over) return;
    const { record } = await sealed(now, 'stopped');
    if (!now.over) await queue.put(record, page.setup, page.setup.post, 'part');
  });
  return now.work;
}

async function end(now, completion, got) {
  if (now.over) return;
  now.over = true;
  screen(el('p', { class: 'wait', role: 'status' }, '…'));
  top_.hidden = true;
  await now.work;
  const { record, doc } = await sealed(now, completion, got);
  await queue.put(record, page.setup, page.setup.post, 'waiting');
  await owe(completion);
  const card = page.form.cardIn(page.language?.name ?? null, doc);
  now.root = null;
  now.release?.();
  interview = null;
  void send();
  showCard(card, completion);
}

/* Quick exit: the screen is empty at once, what is there is sealed, the neutral page takes this one's
 * place in the history. When sealing takes too long the last sealed part stands, and the next page
 * sends it as stopped early. */
async function leave(now) {
  document.body.replaceChildren();
  document.title = ' ';
  const away = () => { location.replace('/f/leave'); };
  const late = setTimeout(away, LEAVE_MS);
  if (now && !now.over) {
    now.over = true;
    try {
      await now.work;
      const { record } = await sealed(now, 'stopped');
      await queue.put(record, page.setup, page.setup.post, 'waiting');
    } catch { /* the sealed part is there */ }
  }
  clearTimeout(late);
  away();
}

function showCard(card, completion) {
  const w = page.words;
  const text = card?.text ?? page.setup.help?.[page.language?.code] ?? page.setup.help?.[''] ?? Object.values(page.setup.help ?? {})[0] ?? null;
  if (text === null) return void finish(completion);
  const host = { words: w, fetchMedia };
  screen(el('section', { class: 'sheet card' }, el('h1', null, w.card_title),
    card?.audio ? el('div', { class: 'media' }, listen(card.audio, host, 'big listen')) : null,
    ...text.trim().split(/\n\s*\n/).map((p) => el('p', { class: 'lead' }, ...rich(p))),
    el('div', { class: 'go' }, el('button', { type: 'button', class: 'big', id: 'card-done', onclick: () => { void finish(completion); } }, w.card_done))));
}

async function finish(completion) {
  const w = page.words;
  await queue.settle(page.path);
  screen(el('section', { class: 'sheet end', id: 'end', 'data-completion': completion },
    el('h1', null, completion === 'complete' ? w.complete : w.stopped), el('p', null, w.end_text),
    el('div', { class: 'go' }, el('button', { type: 'button', class: 'big', id: 'again', onclick: () => { void start(); } }, w.new))));
  await tally();
}

/* ---- beginning ---- */

function refuse(sentence) {
  document.title = 'Form';
  screen(el('section', { class: 'sheet' }, el('h1', null, 'This form cannot be used here'), el('p', { class: 'lead', id: 'refusal' }, sentence)));
}

/* The help-line card as files of the form: helpline_card.txt, helpline_card.LANG.txt; null when none. */
async function helpTexts() {
  const found = page.setup.media.map((name) => [/^helpline_card(?:\.([A-Za-z-]+))?\.txt$/.exec(name), name]).filter(([m]) => m);
  if (found.length === 0) return null;
  return Object.fromEntries(await Promise.all(found.map(async ([m, name]) =>
    [m[1] ?? '', await (await get(`${base}/media/${encodeURIComponent(name)}`)).text()])));
}

/* Why this form may not be used on this page, or null. */
async function hindrance() {
  const { setup, form } = page;
  if (!page.key) return 'It has no public key. A form in the browser must be encrypted; ask the survey team to publish it with one.';
  if (setup.self !== null && form.self === null) return `The study says that the group '${setup.self}' is answered alone, but the form has no such group.`;
  if (form.self !== null && form.card === null && !setup.help) return "It has a part that is answered alone but no note named 'helpline_card'. Every young person is shown the help-line card.";
  const loaded = await trefoilLoadForm(form.text(null, 'whole'), { fetchFormAttachment: fetchAttachment, missingResourceBehavior: 'BLANK' });
  if (loaded.status === 'failure') return `The form cannot be read: ${loaded.error?.message ?? 'unknown reason'}`;
  if (form.self !== null) {
    const names = unsupported(loaded.createInstance({}).root, form.selfRef);
    if (names.length > 0) return `These questions cannot be asked on this page: ${names.join(', ')}.`;
  }
  return null;
}

/* Let the service worker keep the page, the form and its files for work without a net. */
async function keepOffline() {
  if (!navigator.serviceWorker) return false;
  await navigator.serviceWorker.register('/f/sw.js', { scope: '/f/', updateViaCache: 'none' });
  const { active } = await navigator.serviceWorker.ready;
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = (e) => resolve(e.data === true);
    active.postMessage({ keep: [page.path, `${base}/form.json`, page.setup.xml,
      ...page.setup.keep.map((name) => `${base}/media/${encodeURIComponent(name)}`)] }, [port2]);
  });
}

function guard() {
  let escapes = [];
  window.addEventListener('keydown', (e) => {
    if (e.key !== 'Escape' || !interview?.alone) return;
    e.preventDefault();
    escapes = [...escapes.filter((t) => Date.now() - t < ESCAPES_MS), Date.now()];
    if (escapes.length >= 3) void leave(interview);
  }, true);
  window.addEventListener('pagehide', () => { document.body.replaceChildren(); });
  window.addEventListener('pageshow', (e) => { if (e.persisted) location.reload(); });
  window.addEventListener('online', () => { void send(); });
  setInterval(() => { if (navigator.onLine) void send(); }, RETRY_MS);
}

async function main() {
  if (!window.isSecureContext) return refuse('The page must be opened over https.');
  try {
    page.setup = await (await get(`${base}/form.json`)).json();
    page.form = new Form(await (await get(page.setup.xml)).text(), page.setup.self);
    page.key = page.form.key ? await readKey(page.form.key) : null;
    page.setup.help = await helpTexts();
  } catch (e) {
    return refuse(`The form could not be loaded (${e.message}). Try again when there is a connection.`);
  }
  const wish = page.form.languages.find((l) => l.code === asked) ?? page.form.languages.find((l) => l.first) ?? page.form.languages[0];
  speak(wish?.name ?? null);
  document.title = page.setup.title;
  const why = await hindrance();
  if (why !== null) return refuse(why);
  guard();
  await queue.adopt();
  const due = await queue.owed(page.path);
  if (due) {
    speak(due.language);
    showCard(page.form.cardIn(due.language, null), due.completion);
    await tally();
  } else await start();
  islandStyles(false);
  void send();
  keepOffline().then((yes) => {
    page.offline = yes;
    const line = document.querySelector('#offline');
    if (line && yes) line.textContent = page.words.offline;
    document.documentElement.dataset.offline = String(yes);
  }).catch(() => undefined);
  return undefined;
}

void main();
