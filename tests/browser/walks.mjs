// Three people at work: an integrator who checks files, an officer with filings, an operator who watches messages.
import {readFileSync, writeFileSync} from 'node:fs';
import {axe, done, ensign, equal, file, filing, guarded, handshake, keep, page, pki, ready, send, shoot, truth, web} from './world.mjs';

const QUICK_MS = 300; // from its receipt until a message shows

/* check drops a file, and gives the page with the answer. */
async function check(p, path, more = {}) {
  await p.goto(`${web}/`);
  await p.getByLabel('A file', {exact: true}).setInputFiles(path);
  if (Object.keys(more).length) await p.getByText('More, where you know it').click();
  for (const [label, value] of Object.entries(more)) {
    const field = p.getByLabel(label, {exact: true});
    if (label === 'What it answers') await field.setInputFiles(value);
    else await field.fill(value);
  }
  await p.getByRole('button', {name: 'Check it', exact: true}).click();
  await p.waitForURL(`${web}/check`);
  return p.locator('main').textContent();
}

let mrn;
/* theFiling is one that was registered, and asked about. */
export async function theFiling() {
  if (mrn) return mrn;
  await send(await filing(`WALK-${Date.now()}-Q02`));
  for (let i = 0; i < 60 && !mrn; i++) {
    const listed = await ensign('filing', 'list', '--store', ready.store, '--json');
    for (const line of listed.stdout.split('\n').filter(Boolean)) {
      const f = JSON.parse(line);
      if (f.lrn.startsWith('WALK-') && f.requests.length) mrn = f.mrn;
    }
    if (!mrn) await new Promise((go) => setTimeout(go, 100));
  }
  truth(mrn, 'no filing was registered');
  return mrn;
}

async function tabTo(p, name) {
  for (let i = 0; i < 60; i++) {
    await p.keyboard.press('Tab');
    const at = await p.evaluate(() => (document.activeElement.textContent || document.activeElement.name || '').trim());
    if (at === name) return;
  }
  throw new Error(`nobody gets to "${name}" by Tab`);
}

/* order goes from a country on the trusted lists to what to order there, and to the check of the request. */
async function order(p, at) {
  await p.goto(`${at}/lists`);
  equal((await axe(p)).join(), '', 'what axe finds on the lists');
  await p.getByRole('link', {name: 'France'}).click();
  equal((await axe(p)).join(), '', 'what axe finds on a list');
  await p.getByRole('link', {name: 'Demo Trust'}).click();
  await p.getByRole('link', {name: 'What to order'}).click();
  await p.getByLabel('EORI').fill('FR73282932000074');
  await p.getByLabel('Company').fill('ACME SA');
  await p.getByRole('button', {name: 'Tell me'}).click();
  await p.getByText('A seal certificate for FR73282932000074').waitFor();
  equal((await axe(p)).join(), '', 'what axe finds on an order');
  const csr = file('order.csr');
  await ensign('cert', 'order', '--eori', 'FR73282932000074', '--company', 'ACME SA', '--key', pki('trader.key'), '--csr', csr);
  await p.getByLabel('The request (CSR)').setInputFiles(csr);
  await p.getByRole('button', {name: 'Check it'}).click();
  await p.getByText('a certificate request, against which nothing speaks').first().waitFor();
}

export const tests = {
  'an integrator learns what is wrong with a certificate': async () => {
    const p = await page();
    const text = await check(p, pki('trader.pem'), {EORI: ready.eori});
    truth(text.includes('What to do') && text.includes('The path') && text.includes('EORI'), text.slice(0, 300));
    const seen = await p.$$eval('li.skip, li.warn, li.pass, li.fail', (all) => all.map((e) => e.getBoundingClientRect().x));
    truth(seen.length > 20 && seen.every((x) => x >= 0), 'a finding lies beside the page');
    await shoot(p, 'check-certificate');
    await done(p);
  },

  'an integrator learns that another company owns the certificate': async () => {
    const p = await page();
    const text = await check(p, pki('trader.pem'), {EORI: 'FR40483304800022'});
    truth(text.includes('refused') && text.includes('mismatch'), text.slice(0, 300));
    await done(p);
  },

  'an integrator learns where a message was altered': async () => {
    const p = await page(), good = await filing();
    const text = await check(p, good);
    truth(text.includes('accepted') && text.includes('The document, as people read it'), text.slice(0, 300));
    writeFileSync(file('altered.mime'), readFileSync(good, 'latin1').replace('>IE3F26<', '>IE3F24<'), 'latin1');
    const told = await check(p, file('altered.mime'));
    truth(told.includes('EBMS:0101') && told.includes('What was hashed, and what was sent'), told.slice(0, 400));
    await shoot(p, 'check-altered');
    await done(p);
  },

  'an integrator checks a receipt against its message': async () => {
    const p = await page(), mime = await filing();
    keep('receipt.xml', (await send(mime)).body);
    const text = await check(p, file('receipt.xml'), {'What it answers': mime});
    truth(text.includes('receipt') && text.includes('accepted'), text.slice(0, 300));
    const other = await check(p, file('receipt.xml'), {'What it answers': await filing()});
    truth(other.includes('refused'), other.slice(0, 300));
    await done(p);
  },

  'an integrator checks a document, a request and a PDF': async () => {
    const p = await page(), xml = file('document.xml');
    await ensign('ens', 'new', 'IE3F26', '--from', ready.eori, '-o', xml);
    truth((await check(p, xml)).includes('IE3F26'), 'the document');
    await ensign('cert', 'order', '--eori', ready.eori, '--company', 'Demo', '--key', pki('trader.key'), '--csr', file('r.csr'));
    truth((await check(p, file('r.csr'))).includes('certificate request'), 'the request');
    truth((await check(p, keep('x.pdf', '%PDF-1.7\n'))).includes('Signed PDF'), 'the PDF');
    truth((await check(p, keep('x.txt', 'hello'))).includes('nothing that can be judged'), 'what is nothing');
    await done(p);
  },

  'a file with a private key is refused unread': async () => {
    const p = await page();
    for (const name of ['trader.key', 'trader.p12'])
      truth((await check(p, pki(name))).includes('nobody looked into it'), name);
    await done(p);
  },

  'a report is saved as a file that needs nothing else': async () => {
    const p = await page();
    await p.goto(`${web}/`);
    await p.getByLabel('A file', {exact: true}).setInputFiles(pki('trader.pem'));
    const waiting = p.waitForEvent('download');
    await p.getByRole('button', {name: /save the report/}).click();
    const saved = await waiting;
    equal(saved.suggestedFilename(), 'trader.pem.ensign.html', 'its name');
    const html = readFileSync(await saved.path(), 'utf8');
    truth(html.includes('<style>') && !html.includes('<script') && html.includes('What to do'), 'its contents');
    await done(p);
  },

  'an operator sees a message as it comes': async () => {
    const p = await page(), times = [];
    await p.goto(`${web}/inbox`);
    await p.locator('.live.on').waitFor();
    for (let i = 0; i < 4; i++) {
      const lrn = `LIVE-${Date.now()}`, mime = await filing(lrn);
      await p.evaluate((wanted) => {
        window.shown = new Promise((tell) => new MutationObserver((_, o) => {
          if (!document.getElementById('rows').textContent.includes(wanted)) return;
          o.disconnect();
          tell(Date.now());
        }).observe(document.getElementById('rows'), {childList: true, subtree: true}));
      }, lrn);
      const answer = await send(mime), received = Date.now();
      equal(answer.status, 200, 'the receipt');
      times.push(await p.evaluate(() => window.shown) - received);
    }
    truth(Math.min(...times) <= QUICK_MS, `it took ${times.join(', ')} ms`);
    await shoot(p, 'inbox');
    await done(p);
  },

  'an operator finds a message by its LRN, and reads it': async () => {
    const p = await page(), lrn = `FIND-${Date.now()}`;
    await send(await filing(lrn));
    await p.goto(`${web}/inbox`);
    await p.getByLabel('LRN', {exact: true}).fill(lrn);
    await p.getByRole('button', {name: 'Filter'}).click();
    equal(await p.locator('tbody tr').count(), 2, 'rows with the LRN: the message and its receipt');
    await p.getByRole('link', {name: 'IE3F26'}).click();
    const text = await p.locator('main').textContent();
    for (const wanted of ['Judged again', 'accepted', 'What belongs to it', 'ensign verify row', 'The document, as people read it'])
      truth(text.includes(wanted), `no "${wanted}"`);
    await shoot(p, 'message');
    const waiting = p.waitForEvent('download');
    await p.getByRole('link', {name: 'Download it as it came'}).click();
    truth(readFileSync(await (await waiting).path(), 'utf8').includes(lrn) === false, 'a compressed part shows no LRN');
    const part = p.waitForEvent('download');
    await p.locator('tbody a').first().click();
    truth(readFileSync(await (await part).path(), 'utf8').includes(lrn), 'the part is what was filed');
    await done(p);
  },

  'an operator sees what never became a message': async () => {
    await handshake();
    const p = await page();
    for (let i = 0; i < 30; i++) {
      await p.goto(`${web}/inbox?kind=tls-failure`);
      if (await p.locator('tbody tr').count()) break;
      await p.waitForTimeout(100);
    }
    await p.locator('tbody a').first().click();
    truth((await p.locator('main').textContent()).includes('no certificate shown'), 'the handshake tells why');
    await done(p);
  },

  'an officer asks, and the trader is told': async () => {
    const p = await page(), of = await theFiling();
    await p.goto(`${web}/`);
    await p.getByRole('link', {name: 'Filings'}).click();
    await shoot(p, 'filings');
    await p.getByRole('link', {name: /Action needed/}).click();
    await p.getByRole('link', {name: of}).click();
    truth((await p.locator('main').textContent()).includes('IE3Q02'), 'customs asked by the end of the LRN');
    const form = p.locator('form', {has: p.getByRole('button', {name: 'Ask for screening (RfS)'})});
    await form.getByLabel('Text').fill('Scan it, <b>please</b>');
    await form.getByRole('button').click();
    await p.getByText('Ordered: ask-screening').waitFor();
    await p.locator('#filing').getByText('IE3Q03').waitFor();
    await shoot(p, 'filing');
    const note = await ensign('journal', 'list', '--store', ready.store, '--kind', 'note', '--json');
    truth(note.stdout.includes('by local (officer): ask-screening'), 'who did it stands in the journal');
    await done(p);
  },

  'an officer does so without scripts': async () => {
    const p = await page({javaScriptEnabled: false}), of = await theFiling();
    await p.goto(`${web}/filings/${of}`);
    await p.getByRole('button', {name: 'Decide a control'}).click();
    truth((await p.locator('main').textContent()).includes('Ordered: control'), 'it was ordered');
    await done(p);
  },

  'a form of another site or session orders nothing': async () => {
    const of = await theFiling(), url = `${web}/filings/${of}/orders`;
    const fields = (csrf) => ({method: 'POST', redirect: 'manual', body: new URLSearchParams({order: 'present', ...csrf})});
    equal((await fetch(url, fields({}))).status, 403, 'without a token');
    equal((await fetch(url, fields({csrf: '0'.repeat(64)}))).status, 403, 'with another token');
    const form = await (await fetch(`${web}/filings/${of}`)).text();
    const token = form.match(/name="csrf" value="([0-9a-f]{64})"/)[1];
    equal((await fetch(url, fields({csrf: token}))).status, 403, 'with the token of another session');
    const shown = await ensign('filing', 'show', of, '--store', ready.store, '--json');
    truth(!shown.stdout.includes('"presented"'), 'nothing was ordered');
  },

  'one gets from the first page to an order by keyboard alone': async () => {
    const p = await page(), of = await theFiling();
    await p.goto(`${web}/`);
    await p.keyboard.press('Tab');
    equal(await p.evaluate(() => document.activeElement.className), 'skip-link', 'the first stop');
    await p.keyboard.press('Enter');
    equal(await p.evaluate(() => location.hash), '#contents', 'where it leads');
    await p.goto(`${web}/`);
    await tabTo(p, 'Filings');
    await p.keyboard.press('Enter');
    await p.waitForURL(`${web}/filings`);
    await tabTo(p, of);
    const outline = await p.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    equal(outline, 'solid', 'one sees where one is');
    await p.keyboard.press('Enter');
    await p.waitForURL(`${web}/filings/${of}`);
    await tabTo(p, 'Analysis complete');
    await p.keyboard.press('Enter');
    await p.getByText('Ordered: complete').waitFor();
    await done(p);
  },

  'the accessibility tree of the first page is the one that was recorded': async () => {
    const p = await page(), recorded = new URL('./first-page.aria.yml', import.meta.url);
    await p.goto(`${web}/`);
    const tree = await p.locator('main').ariaSnapshot();
    if (process.env.ENSIGN_RECORD) writeFileSync(process.env.ENSIGN_RECORD, `${tree}\n`);
    equal(`${tree}\n`, readFileSync(recorded, 'utf8'), 'the tree');
    await shoot(p, 'check');
    await done(p);
  },

  'an operator follows messages on the map, live': async () => {
    const p = await page({reducedMotion: 'no-preference'});
    await send(await filing(`MAP-${Date.now()}-A001`));
    await p.goto(`${web}/map`);
    await p.locator('.live.on').waitFor();
    await p.locator('ol.map li.stopped', {hasText: 'UUM&DS'}).waitFor();
    await p.evaluate(() => { // what the boxes look like on the way
      const seen = globalThis.seen = [];
      setInterval(() => {
        const now = Array.from(document.querySelectorAll('ol.map li'), (e) => e.className.replace('hop', '').trim()).join();
        if (seen.at(-1) !== now) seen.push(now);
      }, 5);
    });
    await send(await filing(`MAP-${Date.now()}-N99`, 'IE3F20'));
    await p.locator('ol.map li.stopped', {hasText: 'CR'}).waitFor();
    await p.locator('#way[role=status]', {hasText: /IE3F20.*CR.*IE3N99/}).waitFor();
    const seen = await p.evaluate(() => globalThis.seen);
    for (const step of ['at,,,,', 'lit,at,,,', 'lit,lit,at,,', 'lit,lit,lit,at,', 'lit,lit,lit,stopped,'])
      truth(seen.includes(step), `${step} is not among ${seen.join(' ')}`);
    equal(await p.locator('ol.map li.stopped').count(), 1, 'where it stopped');
    truth((await p.locator('ol.map li.stopped div + p.stop').textContent()).includes('IE3N99'), 'the reason stands below');
    const asServed = (q) => q.$$eval('ol.map li', (all) => all.map((e) => e.className + e.textContent).join());
    const plain = await page({javaScriptEnabled: false});
    await plain.goto(`${web}/map`);
    equal((await asServed(p)).replace(/\s+/g, ' '), (await asServed(plain)).replace(/\s+/g, ' '), 'with and without scripts');
    await done(plain);
    await shoot(p, 'map');
    await send(await filing(`MAP-${Date.now()}`, 'IE3F20'));
    await p.locator('ol.map li.lit', {hasText: 'CR'}).waitFor();
    equal(await p.locator('ol.map li.stopped, ol.map .stop').count(), 0, 'nothing stopped');
    await p.emulateMedia({reducedMotion: 'reduce'});
    await send(await filing(`MAP-${Date.now()}-A001`));
    await p.locator('ol.map li.stopped', {hasText: 'UUM&DS'}).waitFor();
    await done(p);
  },

  'an operator reads numbers, mailboxes, faults and lists': async () => {
    const p = await page();
    await p.goto(`${web}/statistics`);
    truth(await p.locator('svg.chart rect.bar').count() > 0, 'there are bars');
    await shoot(p, 'statistics');
    await p.goto(`${web}/mailboxes`);
    truth((await p.locator('main').textContent()).includes('IE3R01'), 'what customs answered waits');
    await p.goto(`${web}/faults`);
    truth((await p.locator('main').textContent()).includes('-LOST'), 'what an LRN may ask for');
    await p.getByLabel('LRN (* is any text)').fill('FAULT-*');
    await p.getByLabel('Its sub-code').fill('A002');
    await p.getByRole('button', {name: 'Put it up'}).click();
    await p.getByText('It holds from the next message on').waitFor();
    truth((await send(await filing(`FAULT-${Date.now()}`))).body.toString().includes('A002'), 'the fault holds');
    await p.getByRole('button', {name: 'Take it down'}).click();
    truth(!(await send(await filing(`FAULT-${Date.now()}`))).body.toString().includes('A002'), 'and no longer');
    await p.goto(`${web}/lists`);
    truth((await p.locator('main').textContent()).includes('no trusted lists'), 'a demo has none');
    await done(p);
  },

  'a tester suspends a party, and its messages are refused': async () => {
    const p = await page();
    await p.goto(`${web}/parties`);
    await p.getByRole('link', {name: ready.eori}).click();
    truth((await p.locator('main').textContent()).includes('What it sealed with last'), 'its certificate is judged');
    await shoot(p, 'party');
    await p.getByRole('button', {name: 'Suspend'}).click();
    await p.getByText('holds from the next message on').waitFor();
    const refused = (await send(await filing())).body.toString();
    truth(refused.includes('EBMS:0004') && refused.includes('A00'), refused.slice(0, 300));
    await p.getByRole('button', {name: 'Make active'}).click();
    truth(!(await send(await filing())).body.toString().includes('EBMS:0004'), 'it is taken again');
    await done(p);
  },

  'a tester lets 200 days pass': async () => {
    const p = await page(), of = await theFiling();
    await p.goto(`${web}/clock`);
    await p.getByLabel('By (90d, 36h, 15m)').fill('nonsense');
    await p.getByRole('button', {name: 'Let time pass'}).click();
    await p.getByText('Say by how much').waitFor();
    await p.goto(`${web}/clock`);
    await p.getByLabel('By (90d, 36h, 15m)').fill('201d');
    await p.getByRole('button', {name: 'Let time pass'}).click();
    await p.getByText('The clock is set').waitFor();
    await shoot(p, 'clock');
    await p.goto(`${web}/filings/${of}`);
    await p.locator('#filing').getByText('invalidated').first().waitFor();
    await done(p);
  },

  'where others reach the pages, one logs in over TLS, with a role': async () => {
    const server = await guarded();
    try {
      const p = await page({ignoreHTTPSErrors: true});
      const logIn = async (name, password) => {
        await p.getByLabel('Name of the user').fill(name);
        await p.getByLabel('Password').fill(password);
        await p.getByRole('button', {name: 'Log in'}).click();
      };
      await p.goto(`${server.web}/clock`);
      equal(p.url(), `${server.web}/login?back=%2Fclock`, 'nobody gets in');
      equal((await axe(p)).join(), '', 'what axe finds');
      for (const room of ['/registration', '/registration/uumds', '/registration/desk']) { // it is there, and shut
        await p.goto(server.web + room);
        equal(p.url(), `${server.web}/login?back=${encodeURIComponent(room)}`, 'nobody gets into the rehearsal');
      }
      const form = {form: {}, maxRedirects: 0};
      const posted = await p.request.post(`${server.web}/registration/provider`, form);
      equal(`${posted.status()} ${posted.headers().location}`, '303 /login', 'nobody posts to the rehearsal');
      await p.goto(`${server.web}/clock`);
      for (const name of ['anna', 'nobody']) {
        await logIn(name, 'not-the-password');
        await p.getByText('do not fit each other').waitFor();
      }
      await logIn('rita', 'rita-has-a-password');
      await p.waitForURL(`${server.web}/clock`);
      equal(await p.getByRole('button', {name: 'Let time pass'}).count(), 0, 'a reader has no such button');
      const shown = await p.request.get(`${server.web}/registration`, {maxRedirects: 0});
      equal(shown.status(), 200, 'who logged in sees the rehearsal');
      const cookie = (await p.context().cookies()).find((c) => c.name === 'ensign-session');
      truth(cookie.httpOnly && cookie.secure && cookie.sameSite === 'Strict', JSON.stringify(cookie));
      const token = await p.locator('input[name=csrf]').first().getAttribute('value');
      const refused = await p.request.post(`${server.web}/clock`, {form: {csrf: token, act: 'advance', by: '1d', space: ''}});
      equal(refused.status(), 403, 'a reader sets no clock');
      await p.getByRole('button', {name: 'Log out'}).click();
      await p.goto(`${server.web}/inbox`);
      truth(p.url().includes('/login'), 'the session is over');
      await logIn('anna', 'anna-has-a-password');
      await p.waitForURL(`${server.web}/inbox`);
      truth((await p.locator('main').textContent()).includes('log-in failed for nobody'), 'who tried stands in the journal');
      await p.getByText('Logged in as anna (officer)').waitFor();
      await order(p, server.web);
      await p.getByRole('button', {name: 'Log out'}).click();
      for (let i = 0; i < 5; i++) await logIn('anna', `guess-${i}`);
      await logIn('anna', 'anna-has-a-password');
      await p.getByText('Too many tries').waitFor();
      await done(p);
    } finally {
      server.stop();
    }
  },

  'a visitor changes the language, and keeps it': async () => {
    const p = await page();
    await p.goto(`${web}/inbox?party=x`);
    await p.getByRole('link', {name: 'Français'}).click();
    equal(p.url(), `${web}/inbox?party=x`, 'the same page');
    equal(await p.locator('html').getAttribute('lang'), 'fr', 'in French');
    await p.goto(`${web}/`);
    await p.getByRole('button', {name: 'Vérifier', exact: true}).waitFor();
    await done(p);
  },
};
