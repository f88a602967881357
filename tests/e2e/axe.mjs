// axe-core over a page, at phone and desktop width, in headless Chromium.
//   node tests/e2e/axe.mjs PAGE.html [SHOTS_FOLDER]
// Exit 1 on any violation, any network request, any sideways scrolling of the page; 77 when no browser.
import { createRequire } from 'node:module';
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

const need = createRequire(new URL('../../third_party/', import.meta.url));
const browserPath = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome'].find((p) => p && existsSync(p));
if (!browserPath) { console.log('skipped: no browser'); process.exit(77); }
const { chromium } = need('playwright-core');
const axe = readFileSync(need.resolve('axe-core/axe.min.js'), 'utf8');
const page_url = pathToFileURL(resolve(process.argv[2])).href;
const shots = process.argv[3];
let bad = 0;
const complain = (text) => { console.log(text); bad++; };

const browser = await chromium.launch({ executablePath: browserPath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] });
for (const [name, width, height] of [['phone', 390, 844], ['desktop', 1200, 900]]) {
  // bypassCSP lets the checker run; the page's own policy allows no script
  const context = await browser.newContext({ viewport: { width, height }, bypassCSP: true });
  const page = await context.newPage();
  page.on('request', (r) => {
    if (r.url() !== page_url && !r.url().startsWith('data:')) complain(`${name}: request ${r.url()}`);
  });
  page.on('console', (m) => { if (m.type() === 'error') complain(`${name}: console ${m.text()}`); });
  await page.goto(page_url);
  await page.evaluate(axe);
  const result = await page.evaluate(() => window.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }));
  for (const v of result.violations)
    complain(`${name}: ${v.id} (${v.impact}): ${v.help}\n    ` +
      v.nodes.slice(0, 4).map((n) => n.html.slice(0, 160)).join('\n    '));
  const over = await page.evaluate(() =>
    document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (over > 0) complain(`${name}: the page scrolls sideways by ${over} px`);
  console.log(`${name}: ${result.passes.length} rules passed, ${result.violations.length} broken`);
  if (shots) {
    await page.screenshot({ path: `${shots}/${name}.png`, fullPage: true });
    const total = await page.evaluate(() => document.documentElement.scrollHeight);
    console.log(`${name}: ${total} px high`);
  }
  await context.close();
}
await browser.close();
process.exit(bad ? 1 : 0);
