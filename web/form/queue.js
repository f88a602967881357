/* The queue: sealed submissions on this device until the server has them.
 *
 * Rows of IndexedDB, keyed by instanceID. What a row holds was sealed before it came here:
 *
 *   part     a self-completion that is going on, sealed anew after each question. When its page is
 *            gone (closed, reloaded, out of power) the next page makes it `waiting`: stopped early.
 *   waiting  to be sent: manifest and sealed files, the very bytes of each attempt the same, so that
 *            an attempt whose answer was lost is answered by 201 again and never counted twice
 *   sent     the server has it: contents gone, the row stays to be counted
 *   refused  the server will not take it (409 and the like): kept, told by its code alone
 *
 * A page that fills in a form holds a lock named after the instanceID; a lock nobody holds tells that
 * the page is gone. One page sends at a time (a lock too). A row of `due` says that a help-line card
 * is still to be shown and how the last interview ended: the page, the language, no answer. */

const NAME = 'trefoil-form', LIMIT = 100000000;
let opened;

function open() {
  opened ??= new Promise((resolve, reject) => {
    const r = indexedDB.open(NAME, 1);
    r.onupgradeneeded = () => {
      r.result.createObjectStore('sealed', { keyPath: 'id' });
      r.result.createObjectStore('due', { keyPath: 'page' });
    };
    r.onsuccess = () => resolve(r.result);
    r.onerror = () => reject(r.error);
  });
  return opened;
}

async function run(store, mode, work) {
  const db = await open();
  return new Promise((resolve, reject) => {
    const t = db.transaction(store, mode, { durability: mode === 'readwrite' ? 'strict' : 'default' });
    const r = work(t.objectStore(store));
    t.oncomplete = () => resolve(r.result);
    t.onabort = t.onerror = () => reject(t.error ?? r.error);
  });
}

const all = () => run('sealed', 'readonly', (s) => s.getAll());

/* Put a sealed record in. state: 'part' or 'waiting'. post: where it will go. */
export function put(sealed, form, post, state) {
  return run('sealed', 'readwrite', (s) => s.put({ id: sealed.id, form: form.id, version: form.version,
    post, state, manifest: sealed.manifest, files: sealed.files, at: Date.now() }));
}

export async function counts() {
  const n = { part: 0, waiting: 0, sent: 0, refused: 0, codes: [] };
  for (const row of await all()) {
    n[row.state] += 1;
    if (row.state === 'refused') n.codes.push(row.code);
  }
  return n;
}

/* Hold the lock of an interview until release() is called or the page goes. */
export function hold(id) {
  let release;
  const until = new Promise((resolve) => { release = resolve; });
  const held = new Promise((resolve) => {
    navigator.locks.request(`trefoil-interview-${id}`, () => { resolve(); return until; });
  });
  return held.then(() => release);
}

/* Parts whose page is gone become `waiting`. Returns how many. */
export async function adopt() {
  const { held } = await navigator.locks.query();
  const live = new Set(held.map((l) => l.name));
  let n = 0;
  for (const row of await all())
    if (row.state === 'part' && !live.has(`trefoil-interview-${row.id}`)) {
      await run('sealed', 'readwrite', (s) => s.put({ ...row, state: 'waiting' }));
      n += 1;
    }
  return n;
}

/* ---- what is still to be shown ---- */

export const owe = (due) => run('due', 'readwrite', (s) => s.put(due));
export const owed = (page) => run('due', 'readonly', (s) => s.get(page));
export const settle = (page) => run('due', 'readwrite', (s) => s.delete(page));

/* ---- sending ---- */

/* The posts of one record: one, or several that each repeat the manifest when all is too large. */
function posts(row, limit) {
  const parts = [[]];
  let n = row.manifest.length;
  for (const file of row.files) {
    if (parts.at(-1).length > 0 && n + file.bytes.length + 4096 > limit) {
      parts.push([]);
      n = row.manifest.length;
    }
    parts.at(-1).push(file);
    n += file.bytes.length;
  }
  return parts.map((files) => {
    const form = new FormData();
    form.append('xml_submission_file', new Blob([row.manifest], { type: 'text/xml' }), 'submission.xml');
    for (const file of files)
      form.append(file.name, new Blob([file.bytes], { type: 'application/octet-stream' }), file.name);
    return form;
  });
}

/* One record to the server. Returns the state it has then: sent, refused, or waiting. */
async function post(row, limit) {
  for (const body of posts(row, limit)) {
    let reply;
    try {
      reply = await fetch(row.post, { method: 'POST', body, headers: { 'X-OpenRosa-Version': '1.0' },
        credentials: 'omit', cache: 'no-store', redirect: 'error', referrerPolicy: 'no-referrer' });
    } catch {
      return { state: 'waiting' };
    }
    if (reply.status >= 500 || reply.status === 408 || reply.status === 429) return { state: 'waiting' };
    if (reply.status !== 201 && reply.status !== 202) return { state: 'refused', code: reply.status };
  }
  return { state: 'sent' };
}

/* How large a post the server takes: it says so before the first one. null: no answer. */
async function limitOf(path) {
  try {
    const reply = await fetch(path, { method: 'HEAD', headers: { 'X-OpenRosa-Version': '1.0' }, credentials: 'omit',
      cache: 'no-store', redirect: 'error', referrerPolicy: 'no-referrer' });
    return Number(reply.headers.get('X-OpenRosa-Accept-Content-Length')) || LIMIT;
  } catch {
    return null;
  }
}

/* Send what waits. told() is called after each record. refused ones are tried again when retry. */
export function send(told, retry = false) {
  return navigator.locks.request('trefoil-send', async () => {
    let limit = null;
    for (const row of await all()) {
      if (row.state !== 'waiting' && !(retry && row.state === 'refused')) continue;
      limit ??= await limitOf(row.post);
      if (limit === null) break;
      const after = await post(row, limit);
      if (after.state === 'sent')
        await run('sealed', 'readwrite', (s) => s.put({ id: row.id, form: row.form, state: 'sent', at: Date.now() }));
      else if (after.state === 'refused')
        await run('sealed', 'readwrite', (s) => s.put({ ...row, ...after }));
      told();
      if (after.state === 'waiting') break; /* no net: the rest waits too */
    }
  });
}
