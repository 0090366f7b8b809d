// The demo that is walked through: what the suite started (its ready line), the command, and a browser.
import {execFile, spawn} from 'node:child_process';
import {readFileSync, writeFileSync, mkdirSync} from 'node:fs';
import {createRequire} from 'node:module';
import http from 'node:http';
import tls from 'node:tls';
import {promisify} from 'node:util';
import {chromium} from 'playwright-core';

const run = promisify(execFile);
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage'];
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export const ready = JSON.parse(readFileSync(process.env.ENSIGN_READY, 'utf8'));
export const command = process.env.ENSIGN_COMMAND;
export const folder = process.env.ENSIGN_FOLDER;
export const web = ready.web.replace(/\/$/, '');
export const shots = process.env.ENSIGN_SHOTS || '';
export const fixtures = process.env.ENSIGN_FIXTURES;
export const others = []; // servers that a test started itself
export const file = (name) => `${folder}/${name}`;
export const pki = (name) => `${ready.pki}/${name}`;

let browser;
export async function open() {
  browser = await chromium.launch({executablePath: process.env.ENSIGN_CHROMIUM, args: FLAGS});
}
export async function close() { await browser?.close(); }

/* page opens one in a context of its own; what a page must never do ends up in page.faults. */
export async function page(options = {}) {
  const context = await browser.newContext({locale: 'en-GB', viewport: {width: 1100, height: 800}, ...options});
  const p = await context.newPage();
  p.setDefaultTimeout(8000);
  p.faults = [];
  p.on('pageerror', (e) => p.faults.push(`a script failed: ${e.message}`));
  p.on('dialog', (d) => { p.faults.push(`a dialog opened: ${d.message()}`); d.dismiss(); });
  p.on('console', (m) => {
    const expected = /status of 4\d\d|status of 503|SSL certificate/.test(m.text());
    if (m.type() === 'error' && !expected) p.faults.push(`the console says: ${m.text()}`);
  });
  p.on('request', (r) => {
    if (![web, 'data:', ...others].some((start) => r.url().startsWith(start))) p.faults.push(`it asks for ${r.url()}`);
  });
  return p;
}

export function equal(found, wanted, what) {
  if (found !== wanted) throw new Error(`${what}: ${JSON.stringify(found)}, not ${JSON.stringify(wanted)}`);
}
export function truth(good, what) { if (!good) throw new Error(what); }
export async function done(p) {
  const faults = p.faults;
  await p.context().close();
  truth(!faults.length, faults.join('; '));
}

/* axe gives the violations on a page, each in a line. */
export async function axe(p) {
  await p.evaluate(AXE); // by the debugger's way in: the policy of the page lets no other script run
  const found = await p.evaluate(() => axe.run(document, {resultTypes: ['violations']}));
  return found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(', ')}`);
}

/* ensign runs the command, and gives its status and what it said. */
export async function ensign(...args) {
  try {
    const {stdout, stderr} = await run(command, args, {timeout: 20000});
    return {status: 0, stdout, stderr};
  } catch (e) {
    return {status: e.code, stdout: e.stdout, stderr: e.stderr};
  }
}

/* filing seals one with such an LRN (undefined: one of its own), and gives its file. */
let made = 0;
export async function filing(lrn, action = 'IE3F26') {
  const xml = file(`filing-${++made}.xml`), mime = file(`filing-${made}.mime`);
  await ensign('ens', 'new', action, '--from', ready.eori, '-o', xml, ...(lrn ? ['--lrn', lrn] : []));
  const sealed = await ensign('seal', xml, '--key', pki('trader.key'), '--cert', pki('trader.pem'), '--from', ready.eori,
    '--action', action, '-o', mime);
  truth(sealed.status === 0, `seal: ${sealed.stderr}`);
  return mime;
}

/* post sends octets as they are to the access point: a file that was sealed has its header fields in front. */
export function post(octets, path = new URL(ready.as4_plain).pathname, method = 'POST') {
  const at = new URL(ready.as4_plain), end = octets.indexOf('\r\n\r\n');
  const fields = {};
  for (const line of octets.subarray(0, Math.max(end, 0)).toString('latin1').split('\r\n')) {
    const [name, ...rest] = line.split(':');
    if (rest.length) fields[name] = rest.join(':').trim();
  }
  const body = octets.subarray(end < 0 ? 0 : end + 4);
  delete fields['Content-Length'];
  return new Promise((resolve, reject) => {
    const r = http.request({host: at.hostname, port: at.port, path, method, headers: {...fields, 'Content-Length': body.length}},
      (answer) => {
        const pieces = [];
        answer.on('data', (d) => pieces.push(d));
        answer.on('end', () => resolve({status: answer.statusCode, body: Buffer.concat(pieces)}));
      });
    r.on('error', reject);
    r.end(body);
  });
}
export const send = (path) => post(readFileSync(path));

/* handshake shakes hands without a certificate, which the access point refuses. */
export function handshake() {
  const at = new URL(ready.as4);
  return new Promise((resolve) => {
    const s = tls.connect({host: at.hostname, port: at.port, rejectUnauthorized: false}, () => s.write('x'));
    s.on('error', resolve).on('close', resolve).on('data', () => {});
  });
}

/* guarded starts a server whose pages ask for a log-in, over TLS, with trusted lists; stop ends it. */
export async function guarded() {
  const lines = [], lists = `${fixtures}/lists`;
  await run(command, ['trust', 'update', '--lotl', `${lists}/lotl.xml`, '--mirror', lists, '--anchors',
    `${lists}/anchors.pem`, '--cache', file('lists'), '--offline']).catch(() => {}); // 1: nobody has the list of Italy
  for (const [name, rank] of [['anna', 'officer'], ['rita', 'reader']]) {
    const made = await run(command, ['serve', '--user', `${name}:${rank}`], {env: {...process.env, ENSIGN_PASS: `${name}-has-a-password`}});
    lines.push(made.stdout);
  }
  keep('web.users', lines.join(''));
  keep('guarded.yaml', `profile: rehearsal
listen:
  - {address: "127.0.0.1:0", tls: false}
seal: {certificate: ${pki('sti.pem')}, key: ${pki('sti.key')}, domain: sti.example}
trust: [${pki('root.pem')}, lists]
store: {path: guarded.db, durable: none}
web: {listen: "127.0.0.1:0", token_file: guarded.token, users: web.users, certificate: ${pki('tls-server.pem')}, key: ${pki('tls-server.key')}}
`);
  const child = spawn(command, ['serve', '--config', file('guarded.yaml')], {stdio: ['ignore', 'pipe', 'ignore']});
  const line = await new Promise((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (d) => { said += d; if (said.includes('\n')) resolve(said); });
    child.on('exit', () => reject(new Error('the guarded server ended')));
  });
  const at = JSON.parse(line).web.replace(/\/$/, '');
  others.push(at);
  return {web: at, stop: () => child.kill('SIGTERM')};
}

/* shoot keeps a picture of the page for the docs, where somebody wants them. */
export async function shoot(p, name, height = 480) {
  if (!shots) return;
  mkdirSync(shots, {recursive: true});
  const size = p.viewportSize();
  await p.setViewportSize({width: 760, height});
  await p.evaluate(() => scrollTo(0, 0));
  const top = name === 'check' ? 0 : (await p.locator('main').boundingBox()).y;
  await p.screenshot({path: `${shots}/${name}.png`, fullPage: true, clip: {x: 0, y: top, width: 760, height}});
  await p.setViewportSize(size);
}
export const keep = (name, text) => { writeFileSync(file(name), text); return file(name); };
