/* Sealing: ODK's encryption of a submission, in the page.
 *
 * After seal() nothing that was answered is left but under the ministry's public key. One record:
 *
 *   K         32 random bytes; base64EncryptedKey = RSA-OAEP(SHA-256, MGF1 with SHA-256) of K
 *   seed      MD5(instanceID ‖ K), 16 bytes; before each file seed[n mod 16] += 1, n += 1; the IV is
 *             the seed then, so the additions add up and the first file has one already
 *   file.enc  AES-256-CFB over the content with PKCS#7 padding (1 to 16 bytes, always)
 *   order     media first, in the order of the manifest, then submission.xml
 *   signature RSA-OAEP over MD5 of: form id, version (when there is one), base64EncryptedKey,
 *             instanceID, then `name::md5 of the plain content` of each file; one a line, the last
 *             one ended too
 *
 * WebCrypto has RSA-OAEP; it has neither MD5 nor CFB, which come from @noble. MD5 is the format's
 * choice, not ours; at rest the server puts its own envelope round what arrives.
 *
 * Source: ODK XForms specification, "Submission encryption". Does not do: opening. There is no code
 * in the page that could. */
import { cfb } from '@noble/ciphers/aes';
import { md5 } from '@noble/hashes/legacy';
import { escapeXml } from './text.js';

const utf8 = new TextEncoder();

function base64(bytes) {
  let s = '';
  for (let k = 0; k < bytes.length; k += 0x8000)
    s += String.fromCharCode(...bytes.subarray(k, k + 0x8000));
  return btoa(s);
}

function hex(bytes) {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

/* The public key of a form: base64 of an X.509 SubjectPublicKeyInfo. */
export async function readKey(text) {
  const der = Uint8Array.from(atob(text.replace(/\s+/g, '')), (c) => c.charCodeAt(0));
  return crypto.subtle.importKey('spki', der, { name: 'RSA-OAEP', hash: 'SHA-256' }, false, ['encrypt']);
}

async function wrap(key, bytes) {
  return base64(new Uint8Array(await crypto.subtle.encrypt({ name: 'RSA-OAEP' }, key, bytes)));
}

function padded(plain) {
  const pad = 16 - (plain.length % 16);
  const out = new Uint8Array(plain.length + pad).fill(pad);
  out.set(plain);
  return out;
}

function joined(a, b) {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

/* Seal a record.
 *   form   {id, version}; version '' when it has none
 *   key    from readKey
 *   record {id: instanceID, xml: text of submission.xml, media: [{name, bytes}], clear: [[name, value]]}
 * Returns {id, manifest: XML text, files: [{name, bytes}]} in the order they were sealed. */
export async function seal(form, key, record) {
  const secret = crypto.getRandomValues(new Uint8Array(32));
  const seed = md5(joined(utf8.encode(record.id), secret));
  const wrapped = await wrap(key, secret);
  const plain = [...record.media, { name: 'submission.xml', bytes: utf8.encode(record.xml) }];
  const lines = [form.id, ...(form.version ? [form.version] : []), wrapped, record.id];
  const files = [];
  plain.forEach((file, n) => {
    seed[n % 16] += 1; /* a Uint8Array: modulo 256 */
    files.push({ name: `${file.name}.enc`, bytes: cfb(secret, seed.slice()).encrypt(padded(file.bytes)) });
    lines.push(`${file.name}::${hex(md5(file.bytes))}`);
  });
  const signature = await wrap(key, md5(utf8.encode(`${lines.join('\n')}\n`)));
  secret.fill(0);
  return { id: record.id, files, manifest: manifest(form, record, wrapped, signature) };
}

function manifest(form, record, wrapped, signature) {
  const version = form.version ? ` version="${escapeXml(form.version)}"` : '';
  const media = record.media.map((m) => `<media><file>${escapeXml(m.name)}.enc</file></media>`).join('');
  const clear = record.clear.length === 0 ? '' : '<clear xmlns="urn:trefoil:clear">' +
    record.clear.map(([name, value]) =>
      `<field name="${escapeXml(name)}">${escapeXml(String(value))}</field>`).join('') + '</clear>';
  return '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<data xmlns="http://opendatakit.org/submissions" encrypted="yes" id="${escapeXml(form.id)}"${version}>` +
    `<base64EncryptedKey>${wrapped}</base64EncryptedKey>` +
    `<meta xmlns="http://openrosa.org/xforms"><instanceID>${escapeXml(record.id)}</instanceID>${clear}</meta>` +
    `${media}<encryptedXmlFile>submission.xml.enc</encryptedXmlFile>` +
    `<base64EncryptedElementSignature>${signature}</base64EncryptedElementSignature></data>`;
}
