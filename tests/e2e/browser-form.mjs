// The form in the browser, used as it is in the field: a phone's width, a net that comes and goes, a
// young person who answers alone, somebody who comes into the room.
//
//   node tests/e2e/browser-form.mjs SERVER_URL TOKEN OUT_FOLDER
//
// Between browser and server stands a proxy of this test, so that the net can be cut, an answer can get
// lost on its way back, a refusal can be made, and what was posted can be looked at: each post is left in
// OUT_FOLDER/post-N/ (its parts by name). The forms are tests/e2e/forms/young.xml and worker.md. Exit 1 when
// anything does not hold; 77 when there is no browser.
import { createRequire } from 'node:module';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const need = createRequire(new URL('../../third_party/', import.meta.url));
const browserPath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome'].find((p) => p && existsSync(p));
if (!browserPath) { console.log('skipped: no browser'); process.exit(77); }
const { chromium } = need('playwright-core');
const axe = readFileSync(need.resolve('axe-core/axe.min.js'), 'utf8');
const [, , server, token, out] = process.argv, form = 'young';
const WORD = 'Xylophonquartz', CODE = 'Zq7interviewer';
let bad = 0, held = 0;
const check = (yes, what) => { if (yes) { held++; return; } bad++; console.log(`DOES NOT HOLD: ${what}`); };

/* ---- the proxy: the net of this test ---- */

const net = { up: true, lose: 0, refuse: 0, posts: [] };
function parts(body, type) {
  const edge = Buffer.from(`--${/boundary=(.+)$/.exec(type)[1]}`);
  const found = [];
  for (let at = body.indexOf(edge); at >= 0;) {
    const next = body.indexOf(edge, at + edge.length);
    if (next < 0) break;
    const part = body.subarray(at + edge.length + 2, next - 2), cut = part.indexOf('\r\n\r\n');
    found.push({ name: /name="([^"]+)"/.exec(part.subarray(0, cut).toString())[1], data: part.subarray(cut + 4) });
    at = next;
  }
  return found;
}
const proxy = http.createServer((q, r) => {
  if (!net.up) { q.socket.destroy(); return; }
  const body = [];
  q.on('data', (d) => body.push(d));
  q.on('end', () => {
    const data = Buffer.concat(body);
    if (q.method === 'POST' && net.refuse > 0) { /* the server never has it then */
      net.refuse--;
      r.writeHead(409, { 'Content-Type': 'text/xml' });
      r.end('<OpenRosaResponse xmlns="http://openrosa.org/http/response"/>');
      return;
    }
    const up = http.request(server.replace(/\/$/, '') + q.url, { method: q.method, headers: { ...q.headers, host: new URL(server).host } }, (a) => {
      const answer = [];
      a.on('data', (d) => answer.push(d));
      a.on('end', () => {
        if (q.method === 'POST') {
          const post = { status: a.statusCode, parts: parts(data, q.headers['content-type']), lost: net.lose > 0 };
          post.id = /uuid:[0-9a-f-]+/.exec(post.parts.find((p) => p.name === 'xml_submission_file').data.toString())[0];
          net.posts.push(post);
          if (net.lose > 0) { net.lose--; q.socket.destroy(); return; }
        }
        r.writeHead(a.statusCode, a.headers);
        r.end(Buffer.concat(answer));
      });
    });
    up.on('error', () => { r.writeHead(502); r.end(); });
    up.end(data);
  });
});
await new Promise((ready) => { proxy.listen(0, '127.0.0.1', ready); });
const origin = `http://127.0.0.1:${proxy.address().port}`;
const cut = () => { net.up = false; proxy.closeAllConnections(); };
const join_again = () => { net.up = true; };

/* ---- the browser ---- */

const profile = mkdtempSync(join(tmpdir(), 'trefoil-profile-'));
const flags = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run', '--disable-sync',
  '--disable-background-networking', '--disable-component-update'];
const options = { executablePath: browserPath, args: flags, viewport: { width: 360, height: 740 }, hasTouch: true };
function watch(context) {
  context.on('request', (r) => {
    const u = r.url();
    if (!u.startsWith(origin) && !/^(data|blob|about):/.test(u)) check(false, `no request leaves the origin: ${u}`);
  });
  context.on('page', (p) => p.on('pageerror', (e) => check(false, `no script fails: ${e.message}`)));
  context.on('console', (m) => {
    if (m.type() === 'error' && !/Failed to load resource|ERR_|net::/.test(m.text())) check(false, `the console is silent: ${m.text()}`);
  });
}
const context = await chromium.launchPersistentContext(profile, options);
watch(context);

/* Everything that a page of this origin can read of what was kept. */
const kept = (page) => page.evaluate(async () => {
  const out = [JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }), document.cookie];
  const text = (v) => (v instanceof Uint8Array || v instanceof ArrayBuffer ? new TextDecoder('latin1').decode(v)
    : v && typeof v === 'object' ? Object.values(v).map(text).join(' ') : String(v));
  for (const { name } of await indexedDB.databases()) {
    const db = await new Promise((ok) => { const o = indexedDB.open(name); o.onsuccess = () => ok(o.result); });
    for (const store of db.objectStoreNames)
      out.push(text(await new Promise((ok) => { const g = db.transaction(store).objectStore(store).getAll(); g.onsuccess = () => ok(g.result); })));
    db.close();
  }
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const r of await cache.keys())
      if (!/\/f\/static\//.test(r.url)) out.push(r.url, await (await cache.match(r)).text());
  }
  return out.join('\n');
});
async function nothingKept(page, when) {
  const all = await kept(page);
  check(!all.includes(WORD) && !all.includes(CODE), `${when}: no answer in the browser's stores`);
  const shown = await page.evaluate(() => document.documentElement.outerHTML + Array.from(document.querySelectorAll('input, textarea'), (i) => i.value).join(' '));
  check(!shown.includes(WORD), `${when}: no answer on the page`);
}

const reviewed = new Set();
async function review(page, screen) {
  if (reviewed.has(screen)) return;
  reviewed.add(screen);
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  check(over <= 0, `${screen}: does not scroll sideways at 360 px (${over})`);
  if (!screen.startsWith('before')) {
    const small = await page.evaluate(() => Array.from(document.querySelectorAll('button, .choice label, .range label, input.line, textarea'))
      .filter((e) => e.offsetParent !== null).map((e) => e.getBoundingClientRect())
      .filter((r) => r.width < 48 || r.height < 48).length);
    check(small === 0, `${screen}: every target is at least 48 px (${small} are not)`);
  }
  if (out) await page.screenshot({ path: join(out, `${screen}.png`), fullPage: true });
  if (!page.axed) return;
  await page.evaluate(axe);
  const result = await page.evaluate(() => window.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  check(result.violations.length === 0, `${screen}: axe finds nothing\n    ` + result.violations.map((v) =>
    `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join(' | ')}`).join('\n    '));
}

/* ---- the ways of an interview ---- */

async function open(where, language, which = form) {
  const page = await where.newPage();
  await page.goto(`${origin}/f/${token}/${which}${language ? `/${language}` : ''}`);
  await page.waitForSelector('#start, #card-done, #refusal', { timeout: 30000 });
  return page;
}
async function before(page, assent = true) {
  await page.click('#start');
  await page.waitForSelector('.question-container');
  await page.click('#continue');
  await page.waitForSelector('.question-container.highlight');
  await page.waitForTimeout(400); /* the banner's own movement, so that the picture is of its end */
  await review(page, `before-missing-${await page.getAttribute('html', 'lang')}`);
  const q = (k) => page.locator('.question-container').nth(k);
  await q(0).locator('input').fill(CODE);
  await q(1).locator('input').first().check();
  await q(2).locator('input').pressSequentially('14');
  await q(3).locator('input').first().check();
  await q(4).locator('input').nth(assent ? 0 : 1).check();
  await page.locator('.form-error-message').waitFor({ state: 'detached' });
  await review(page, `before-${await page.getAttribute('html', 'lang')}`);
  await page.click('#continue');
}
async function hold(page) {
  const box = await page.locator('.hold').boundingBox();
  await page.mouse.move(box.x + 40, box.y + 20);
  await page.mouse.down();
  await page.waitForSelector('.hold', { state: 'detached', timeout: 5000 });
  await page.mouse.up();
}
const asked = (page) => page.textContent('#ask');
/* Answer the page that is shown: options by number, or a text; then the next one. */
async function answer(page, what) {
  await page.waitForSelector('form.ask');
  const key = await page.evaluate(() => { window.seen = document.querySelector('form.ask'); return document.querySelector('#ask').textContent; });
  if (typeof what === 'string') await page.fill('.line', what);
  for (const k of Array.isArray(what) ? what : []) await page.locator('.choice label, .range label').nth(k).click();
  await page.click('form.ask button[type=submit]');
  await page.waitForFunction(() => document.querySelector('form.ask') !== window.seen, null, { timeout: 5000 })
    .catch(() => check(false, `the page goes on after '${key}'`));
}
async function alone(page) {
  await answer(page);                 /* welcome */
  await review(page, 'one-of-four');
  await page.click('form.ask button[type=submit]');
  check((await page.textContent('#fault')).trim() !== '', 'a required question says so');
  await review(page, 'required');
  await answer(page, [0]);            /* often */
  await answer(page, [1, 2]);         /* use */
  await page.fill('.line', '5');
  await page.click('form.ask button[type=submit]');
  check((await page.textContent('#fault')).trim() !== '', 'a constraint says its own message');
  await answer(page, '2');            /* friends: two rounds of the loop */
  await answer(page, [1]);
  await answer(page, [0]);
  await review(page, 'range');
  await answer(page, [3]);
  await answer(page, [0]);            /* upset: yes */
  await answer(page, [1]);            /* whom */
  await review(page, 'rank');
  await page.locator('.rank button').nth(1).click();
  await answer(page);
}
const tally = async (page) => ({ waiting: Number(await page.textContent('#waiting')), sent: Number(await page.textContent('#sent')) });
async function untilSent(page, n) {
  await page.waitForFunction((m) => document.querySelector('#sent')?.textContent === String(m) && document.querySelector('#waiting').textContent === '0', n, { timeout: 45000 })
    .catch(() => check(false, `${n} are sent`));
}

/* 1. Loaded once; then without a net: an interview in English, whole. */
const page = await open(context, '');
await page.waitForSelector('html[data-offline=true]', { timeout: 30000 }).catch(() => check(false, 'the page gets ready for work without a net'));
await review(page, 'start');
cut();
await page.reload();
await page.waitForSelector('#start', { timeout: 30000 });
check((await page.locator('#refusal').count()) === 0, 'the page loads without a net');
await before(page);
await page.waitForSelector('.hold');
await review(page, 'hand-over');
await page.keyboard.press('Escape');
await hold(page);
await review(page, 'welcome');
await alone(page);
await page.fill('.line', WORD);
await answer(page, WORD);
await page.waitForSelector('.hold');
await review(page, 'give-back');
check(!(await page.content()).includes(WORD), 'what was entered is not on the page when the device is given back');
await hold(page);
await answer(page, [1]);
await page.waitForSelector('#card-done');
check((await page.textContent('.card')).includes('000 000'), 'the help-line card is shown at the end');
await review(page, 'card');
await page.click('#card-done');
await page.waitForSelector('#end');
check(await page.getAttribute('#end', 'data-completion') === 'complete', 'the interviewer learns: complete');
await review(page, 'end');
await page.waitForFunction(() => document.querySelector('#waiting')?.textContent === '1');
await nothingKept(page, 'after the interview');
check(net.posts.length === 0, 'nothing was posted without a net');

/* 2. In Khmer; somebody comes near: Escape three times. */
await page.click('#again');
await page.click('button.lang[lang=km]');
await before(page);
await page.waitForSelector('.hold');
await review(page, 'hand-over-km');
await hold(page);
await answer(page);
check(/[\u1780-\u17ff]/.test(await asked(page)), 'the question is in Khmer');
await review(page, 'one-of-four-km');
await answer(page, [1]);
await answer(page, [0]);
const depth = await page.evaluate(() => history.length);
for (let k = 0; k < 3; k++) await page.keyboard.press('Escape');
await page.waitForURL(`${origin}/f/leave`);
check((await page.textContent('h1')) === 'Times tables', 'quick exit leaves a neutral page, without a net too');
check(await page.evaluate(() => history.length) === depth, 'quick exit adds no entry to the history');
await review(page, 'left');
await page.waitForSelector('#on:not([hidden])');
await page.reload();
check((await page.textContent('h1')) === 'Times tables', 'a reload shows the neutral page');
await page.goBack({ timeout: 3000 }).catch(() => undefined);
const behind = await page.evaluate(() => document.documentElement.outerHTML);
check(!/<form class="ask"|question-container|id="ask"/.test(behind), 'the way back shows no question');
check(!page.url().includes(token), 'the way back does not lead to the form');
await page.goto(`${origin}/f/leave`);
await page.waitForSelector('#on:not([hidden])');
await page.click('#on');
await page.waitForSelector('#card-done');
check(/[\u1780-\u17ff]/.test(await page.textContent('.card')), 'after a quick exit the card comes first, in the language of the interview');
await page.click('#card-done');
await page.waitForSelector('#end');
check(await page.getAttribute('#end', 'data-completion') === 'stopped', 'the interviewer learns: stopped early');
await nothingKept(page, 'after a quick exit');

/* 3. In the midst of it the page is reloaded: nothing can be read, the sealed part is not lost. */
await page.click('#again');
await page.click('button.lang[lang=en]');
await before(page);
await page.waitForSelector('.hold');
await hold(page);
await alone(page);
await page.fill('.line', WORD);
await page.waitForFunction(async () => (await navigator.locks.query()).held.some((l) => l.name.startsWith('trefoil-interview-')));
check((await page.locator('#ask').count()) === 1 && !(await page.content()).includes('How often do you use'), 'a question that was left is not on the page');
await page.reload();
await page.waitForSelector('#card-done');
await nothingKept(page, 'after a reload');
await page.click('#card-done');
check(await page.getAttribute('#end', 'data-completion') === 'stopped', 'after a reload the interviewer learns: stopped early');

/* 4. "Stop" by the young person; and no assent at all: the card for everyone. */
await page.click('#again');
await before(page);
await page.waitForSelector('.hold');
await hold(page);
await answer(page);
await page.click('#stop-alone');
await page.waitForSelector('dialog[open]');
await review(page, 'sure');
await page.click('#sure-stop');
await page.waitForSelector('#card-done');
await page.click('#card-done');
await page.click('#again');
await before(page, false);
await page.waitForSelector('#card-done');
check((await page.textContent('.card')).includes('000 000'), 'who does not take part is shown the card too');
await page.click('#card-done');
await page.waitForFunction(() => document.querySelector('#waiting')?.textContent === '5');
check(net.posts.length === 0, 'still nothing was posted');

/* 5. The net comes back; the first answer is lost on its way; a second tab sends at the same time. */
net.lose = 1;
join_again();
const other = await open(context, '');
await page.evaluate(() => window.dispatchEvent(new Event('online')));
await other.evaluate(() => window.dispatchEvent(new Event('online')));
await untilSent(page, 5);
const ids = new Set(net.posts.map((p) => p.id));
check(ids.size === 5, `five interviews arrived (${ids.size})`);
check(net.posts.length === 6, `each was posted once, the one whose answer was lost twice (${net.posts.length} posts)`);
check(net.posts.every((p) => p.status === 201), 'the server took each with 201');
const lost = net.posts.find((p) => p.lost), again = net.posts.filter((p) => p.id === lost?.id);
check(again.length === 2 && again[0].parts.every((p, k) => p.name === again[1].parts[k].name && p.data.equals(again[1].parts[k].data)),
  'the second attempt was the same to the byte');
await page.reload();
await page.waitForSelector('#start');
await page.evaluate(() => window.dispatchEvent(new Event('online')));
await other.close();
await page.waitForTimeout(500);
check(net.posts.length === 6, 'nothing is sent again after a reload');
check((await tally(page)).sent === 5, 'the page still counts five sent');
await nothingKept(page, 'after sending');

/* 6. Refused by the server: told by its code, kept, and sent when it may be. */
net.refuse = 1;
await before(page, false);
await page.waitForSelector('#card-done');
await page.click('#card-done');
await page.waitForSelector('#refused');
check(/409/.test(await page.textContent('#refused')), 'a refusal is told by its code');
await review(page, 'refused');
await page.click('#refused button');
await untilSent(page, 6);

/* 7. By the keyboard alone. */
async function press(p, key, selector) {
  for (let k = 0; k < 80; k++) {
    if (await p.evaluate((s) => document.activeElement?.matches(s) ?? false, selector)) { await p.keyboard.press(key); return; }
    await p.keyboard.press('Tab');
  }
  check(false, `${selector} is reached by Tab`);
}
await page.reload();
await page.waitForSelector('#start');
await press(page, 'Enter', '#start');
await page.waitForSelector('.question-container');
await press(page, CODE[0], '.question-container input[type=text]:not([role])');
const pick = async (k) => { await page.locator('.question-container').nth(k).locator('input').first().focus(); await page.keyboard.press('Space'); };
await pick(1); await pick(3);
await page.locator('.question-container').nth(4).waitFor();
await pick(4);
await press(page, 'Enter', '#continue');
await page.waitForSelector('.hold');
for (let k = 0; k < 20 && !(await page.evaluate(() => document.activeElement.matches('.hold'))); k++) await page.keyboard.press('Tab');
await page.keyboard.down('Space');
await page.waitForSelector('form.ask');
await page.keyboard.up('Space');
await press(page, 'Enter', 'form.ask button[type=submit]');
await page.waitForSelector('.choice');
await press(page, 'Space', '.choice input');
await press(page, 'Enter', 'form.ask button[type=submit]');
await page.waitForSelector('.choice input[type=checkbox]');
check((await page.locator('.choice input[type=checkbox]').count()) === 3, 'the part answered alone is used by keyboard');
await press(page, 'Enter', '#leave');
await page.waitForURL(`${origin}/f/leave`);
await press(page, 'Enter', '#on');
await page.waitForSelector('#card-done');
await untilSent(page, 7);
await nothingKept(page, 'at the end');

/* 8. What the browser wrote on the disk, as bytes. */
await context.close();
const found = [];
const wide = Buffer.from(WORD, 'utf16le');
(function walk(dir) {
  for (const f of readdirSync(dir)) {
    const path = join(dir, f), s = statSync(path, { throwIfNoEntry: false });
    if (s?.isDirectory()) walk(path);
    else if (s?.isFile()) {
      const bytes = readFileSync(path);
      if (bytes.includes(WORD) || bytes.includes(wide) || bytes.includes(CODE)) found.push(f);
    }
  }
})(profile);
check(found.length === 0, `no answer in the files of the browser's profile: ${found.join(' ')}`);
rmSync(profile, { recursive: true, force: true });

/* 9. axe over every screen (in a context where the checker may run). */
reviewed.clear();
const browser = await chromium.launch({ executablePath: browserPath, args: flags });
for (const language of ['en', 'km']) {
  const where = await browser.newContext({ viewport: { width: 360, height: 740 }, bypassCSP: true });
  watch(where);
  const p = await open(where, language);
  p.axed = true;
  reviewed.clear();
  await review(p, `start-${language}`);
  await before(p);
  await p.waitForSelector('.hold');
  await review(p, `hand-over-${language}`);
  await hold(p);
  await review(p, `welcome-${language}`);
  await alone(p);
  await review(p, `text-${language}`);
  await answer(p);
  await review(p, `give-back-${language}`);
  await hold(p);
  await answer(p);
  await p.waitForSelector('#card-done');
  await review(p, `card-${language}`);
  await p.click('#card-done');
  await p.waitForSelector('#end');
  await p.waitForFunction(() => document.querySelector('#sent').textContent === '1');
  await review(p, `end-${language}`);
  await p.goto(`${origin}/f/leave`);
  await review(p, `left-${language}`);
  await where.close();
}

/* 10. A form without such a part: web-forms to the end, the card, sent. */
const office = await browser.newContext({ viewport: { width: 360, height: 740 }, bypassCSP: true });
watch(office);
const desk = await open(office, 'km', 'worker');
desk.axed = true;
await desk.click('#start');
await desk.waitForSelector('.question-container');
await desk.locator('.question-container').nth(0).locator('input').fill('Phnom Xa');
await desk.locator('.question-container').nth(1).locator('input').nth(1).check();
await desk.locator('.question-container').nth(2).locator('input').fill('First');
await desk.click('.button-add-instance');
await desk.locator('.question-container').nth(3).locator('input').fill('Second');
await desk.setInputFiles('.question-container input[type=file]', { name: 'poster.png', mimeType: 'image/png',
  buffer: Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64') });
await desk.waitForFunction(() => document.querySelector('.question-container img[src^="blob:"]'));
await review(desk, 'before-worker');
await desk.click('#continue');
await desk.waitForSelector('#card-done');
check((await desk.textContent('.card')).includes('000 000'), 'a worker is shown the card of the form');
await desk.click('#card-done');
await untilSent(desk, 1);
await browser.close();
proxy.close();
proxy.closeAllConnections();

/* 11. What was posted, for the shell to open. */
net.posts.filter((p) => !p.lost).forEach((p, n) => {
  const dir = join(out, `post-${n + 1}`);
  mkdirSync(dir, { recursive: true });
  for (const { name, data } of p.parts) {
    check(!data.includes(WORD), `no answer in clear in ${name}`);
    writeFileSync(join(dir, name), data);
  }
});
console.log(`${held} held, ${bad} did not`);
process.exit(bad ? 1 : 0);
