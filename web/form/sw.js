/* The service worker: the page without a net.
 *
 * It keeps the page's own files (their list is put in by the build) and, when a page asks, that form's
 * definition and media. It never sees an answer: it looks at GET requests below /f/ alone, and keeps
 * nothing that the server marks no-store (what is made for one device: addresses). */
const BUILD = '__BUILD__', FILES = __FILES__;
const STATIC = `trefoil-static-${BUILD}`, FORMS = 'trefoil-forms';
const WAIT_MS = 4000;

self.addEventListener('install', (e) => {
  e.waitUntil(caches.open(STATIC).then((c) => c.addAll(FILES)).then(() => self.skipWaiting()));
});

self.addEventListener('activate', (e) => {
  e.waitUntil(caches.keys().then((names) => Promise.all(names
    .filter((n) => n.startsWith('trefoil-static-') && n !== STATIC).map((n) => caches.delete(n))))
    .then(() => self.clients.claim()));
});

const may = (reply) => reply.ok && !/no-store/.test(reply.headers.get('Cache-Control') ?? '');

async function keep(paths) {
  const cache = await caches.open(FORMS);
  for (const path of paths) {
    const reply = await fetch(path, { credentials: 'omit', cache: 'no-cache' });
    if (may(reply)) await cache.put(path, reply);
    else if (!reply.ok) return false;
  }
  return true;
}

self.addEventListener('message', (e) => {
  e.waitUntil(keep(e.data.keep ?? []).catch(() => false).then(async (yes) => {
    /* a page that was kept before and is loaded without a net is as ready as it was */
    const there = yes || (await Promise.all((e.data.keep ?? []).map((p) => caches.match(p)))).every((r) => r !== undefined);
    e.ports[0]?.postMessage(there);
  }));
});

/* The net first, what is kept when the net does not answer in time. */
async function fresh(request) {
  const kept = await caches.match(request.url);
  if (!kept) return fetch(request);
  const late = new Promise((resolve) => { setTimeout(() => resolve(kept.clone()), WAIT_MS); });
  const net = fetch(request).then(async (reply) => {
    const cache = await caches.open(FORMS);
    if (may(reply)) await cache.put(request.url, reply.clone());
    if (reply.status === 403) await cache.delete(request.url); /* the address was revoked, or the form closed */
    return reply.status >= 500 ? kept : reply;
  }).catch(() => kept);
  return Promise.race([net, late]);
}

self.addEventListener('fetch', (e) => {
  const url = new URL(e.request.url);
  if (e.request.method !== 'GET' || url.origin !== self.location.origin || !url.pathname.startsWith('/f/')) return;
  if (url.pathname.startsWith('/f/static/') || url.pathname === '/f/leave' || url.pathname === '/f/licences.txt')
    e.respondWith(caches.match(url.pathname).then((kept) => kept ?? fetch(e.request)));
  else if (url.pathname !== '/f/sw.js') e.respondWith(fresh(e.request));
});
