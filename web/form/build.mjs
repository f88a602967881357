/* Build the form page: web/form and what it takes from the npm registry -> FOLDER.
 *
 *   node web/form/build.mjs FOLDER
 *
 * Leaves: index.html and leave.html, hashed files, sw.js with the list of what it keeps, licences.txt,
 * each compressed by gzip (the program serves them so), and list.txt: one name a line. The same
 * sources give the same bytes. Vite 6, so that Debian 12's own Node 18 will do. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const modules = resolve(here, '../../third_party/node_modules');
const { build } = await import(pathToFileURL(join(modules, 'vite/dist/node/index.js')).href);
const out = resolve(process.argv[2]);

/* web-forms' engine is inside its bundle; its own door to it is opened by one more export, so that the
 * page and the part answered alone use one engine. A new version of the package fails here, loudly. */
const bundle = join(modules, '@getodk/web-forms/dist');
const chunk = readdirSync(bundle).filter((f) => /^index-.*\.js$/.test(f));
if (chunk.length !== 1) throw new Error('@getodk/web-forms has other files than this build knows');
const engine = join(bundle, chunk[0]);
const door = {
  name: 'engine-door',
  transform(code, id) {
    if (id !== engine) return null;
    if (!/\bloadForm = \(/.test(code)) throw new Error('loadForm is not where it was in @getodk/web-forms');
    return { code: `${code}\nexport { loadForm as trefoilLoadForm };\n`, map: null };
  },
};

/* What was bundled, for the licences. */
const packages = new Set(['@getodk/web-forms']);
const census = {
  name: 'census',
  moduleParsed({ id }) {
    const at = id.lastIndexOf('/node_modules/');
    if (at >= 0) packages.add(/^((@[^/]+\/)?[^/]+)/.exec(id.slice(at + 14))[1]);
  },
};

await build({
  root: here, base: '/f/static/', configFile: false, logLevel: 'error', envDir: false, publicDir: false,
  plugins: [door, census],
  define: { __VUE_OPTIONS_API__: 'true', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' },
  resolve: { alias: [
    { find: /^@getodk\/web-forms\/engine$/, replacement: engine },
    { find: /^@getodk\/web-forms$/, replacement: join(bundle, 'index.js') },
    { find: /^vue$/, replacement: join(modules, 'vue/dist/vue.runtime.esm-bundler.js') },
    { find: /^@noble\/ciphers\/aes$/, replacement: join(modules, '@noble/ciphers/esm/aes.js') },
    { find: /^@noble\/hashes\/legacy$/, replacement: join(modules, '@noble/hashes/esm/legacy.js') },
  ] },
  build: { outDir: out, emptyOutDir: true, assetsDir: '', target: 'es2022', reportCompressedSize: false,
    modulePreload: { polyfill: false }, chunkSizeWarningLimit: 4000, assetsInlineLimit: 0,
    rollupOptions: { input: { index: join(here, 'index.html'), leave: join(here, 'leave.html') } } },
});

/* ---- the service worker's list ---- */
const hashed = readdirSync(out).filter((f) => !f.endsWith('.html')).sort();
const build_id = createHash('sha256').update(hashed.join('\n'));
for (const f of ['index.html', 'leave.html']) build_id.update(readFileSync(join(out, f)));
writeFileSync(join(out, 'sw.js'), readFileSync(join(here, 'sw.js'), 'utf8')
  .replace('__BUILD__', build_id.digest('hex').slice(0, 16))
  .replace('__FILES__', JSON.stringify([...hashed.map((f) => `/f/static/${f}`), '/f/leave', '/f/licences.txt'])));

/* ---- licences ---- */
const rule = `\n${'='.repeat(78)}\n`;
let text = 'The form page of Trefoil is GPL-3.0-or-later. It contains these packages, each under its own licence.\n' +
  "@getodk/web-forms carries its own dependencies within it; those that it names are listed with it.\n";
for (const name of [...packages].sort()) {
  const dir = join(modules, name);
  const about = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
  const file = existsSync(dir) ? readdirSync(dir).find((f) => /^(licen[sc]e|copying)/i.test(f)) : undefined;
  const inner = name === '@getodk/web-forms' ? readFileSync(join(here, 'web-forms-licences.txt'), 'utf8') : '';
  text += `${rule}${name} ${about.version} (${about.license})\n\n${file ? readFileSync(join(dir, file), 'utf8').trim() : inner.trim()}\n`;
}
writeFileSync(join(out, 'licences.txt'), text);

/* ---- compressed ---- */
const all = readdirSync(out).sort();
for (const f of all) execFileSync('gzip', ['-9n', join(out, f)]);
writeFileSync(join(out, 'list.txt'), `${all.join('\n')}\n`);
