// The pages for people in a real browser: sign in by keyboard alone, look at the monitoring, review a record;
// axe-core on each page at 360 px and at 1,200 px, nothing scrolls sideways, nothing is asked from elsewhere.
//   node tests/e2e/browser-fieldwork.mjs URL ID PASSWORD CODE [SHOTS_FOLDER]
import { createRequire } from 'node:module';
import { existsSync, readFileSync } from 'node:fs';

const need = createRequire(new URL('../../third_party/', import.meta.url));
const executablePath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser']
  .find((p) => p && existsSync(p));
if (!executablePath) { console.log('skipped: no browser'); process.exit(77); }
const { chromium } = need('playwright-core');
const axe = readFileSync(need.resolve('axe-core/axe.min.js'), 'utf8');
const [url, id, password, code, shots] = process.argv.slice(2);
let bad = 0;
const complain = (text) => { console.log(text); bad++; };

const browser = await chromium.launch({ executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
const context = await browser.newContext({ viewport: { width: 360, height: 740 }, bypassCSP: true });
const page = await context.newPage();
page.on('request', (r) => { if (!r.url().startsWith(url)) complain(`request ${r.url()}`); });
page.on('console', (m) => { if (m.type() === 'error') complain(`console: ${m.text()}`); });

async function judge(name) {
  for (const width of [360, 1200]) {
    await page.setViewportSize({ width, height: 740 });
    await page.evaluate(axe);
    const result = await page.evaluate(() => window.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
    for (const v of result.violations)
      complain(`${name} at ${width}: ${v.id}: ${v.help}\n    ` +
        v.nodes.slice(0, 3).map((n) => n.html.slice(0, 160)).join('\n    '));
    const over = await page.evaluate(() =>
      document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (over > 0) complain(`${name} at ${width}: scrolls sideways by ${over} px`);
    if (shots) await page.screenshot({ path: `${shots}/${name}-${width}.png`, fullPage: true });
  }
  await page.setViewportSize({ width: 360, height: 740 });
}

await page.goto(`${url}/sign-in`);
await judge('sign-in');
await page.reload();
for (const text of [id, password, code]) { // skip link, then the three fields
  for (let k = 0; k < 6; k++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(() => document.activeElement.tagName === 'INPUT')) break;
  }
  await page.keyboard.type(text);
}
await page.keyboard.press('Enter');
await page.waitForURL(`${url}/fieldwork/XA`);
await judge('fieldwork');
const small = await page.evaluate(() => [...document.querySelectorAll('header.top a, header.top button, main button')]
  .filter((e) => e.getBoundingClientRect().height < 44).map((e) => e.outerHTML.slice(0, 80)));
if (small.length > 0) complain(`targets under 44 px: ${small.join(' ')}`);
await page.goto(`${url}/fieldwork/XA/review?form=talk`);
await judge('review');
const record = page.locator('article.record').first();
const name = await record.locator('dd').nth(2).textContent();
await record.locator('summary', { hasText: 'Review' }).focus();
await page.keyboard.press('Enter');
await record.locator('select').selectOption('hasIssues');
await record.locator('textarea').fill('the number of the household is not on the list');
await record.locator('button').focus();
await page.keyboard.press('Enter');
await page.waitForURL(`${url}/fieldwork/XA/review`);
await page.goto(`${url}/fieldwork/XA/review?state=hasIssues`);
if (!(await page.textContent('main')).includes(name)) complain(`the review of ${name} was not kept`);
await browser.close();
if (bad === 0) console.log('browser-fieldwork: ok');
process.exit(bad > 0 ? 1 : 0);
