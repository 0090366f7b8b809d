// What others wrote into messages, certificates, names of files and addresses shows as text, wherever it shows.
import {execFileSync} from 'node:child_process';
import {done, file, keep, page, post, truth, web} from './world.mjs';

const MARK = 'pwned'; // what hostile markup would set, or be called
const MARKUP = [`<script>window.${MARK}=1</script>`, `"><img src=x onerror="window.${MARK}=1">`,
  `</td></table><svg onload="window.${MARK}=1">`, `' autofocus onfocus='window.${MARK}=1`, `javascript:window.${MARK}=1`,
  `\u202Egnp.<i id=${MARK}>`, '{{7*7}}${7*7}', `<a href="//elsewhere.example/">x</a>`];
const xml = (s) => s.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/"/g, '&quot;');

/* A message as nobody's software makes it: refused, and kept with all that it says. */
function envelope(words) {
  const w = xml(words);
  return Buffer.from(`Content-Type: application/soap+xml; charset=UTF-8\r\n\r\n<env:Envelope xmlns:env="http://www.w3.org/2003/05/soap-envelope">
<env:Header><eb:Messaging xmlns:eb="http://docs.oasis-open.org/ebxml-msg/ebms/v3.0/ns/core/200704/"><eb:UserMessage mpc="${w}">
<eb:MessageInfo><eb:Timestamp>${w}</eb:Timestamp><eb:MessageId>${w}@x</eb:MessageId><eb:RefToMessageId>${w}</eb:RefToMessageId></eb:MessageInfo>
<eb:PartyInfo><eb:From><eb:PartyId type="${w}">${w}</eb:PartyId><eb:Role>${w}</eb:Role></eb:From>
<eb:To><eb:PartyId>${w}</eb:PartyId><eb:Role>${w}</eb:Role></eb:To></eb:PartyInfo>
<eb:CollaborationInfo><eb:AgreementRef>${w}</eb:AgreementRef><eb:Service>${w}</eb:Service><eb:Action>${w}</eb:Action>
<eb:ConversationId>${w}</eb:ConversationId></eb:CollaborationInfo></eb:UserMessage></eb:Messaging></env:Header><env:Body/></env:Envelope>`);
}

/* harmless looks for anything that markup of others could have become. */
async function harmless(p, where) {
  const found = await p.evaluate((mark) => ({
    ran: mark in window,
    made: document.querySelectorAll(`main img, main script, main iframe, #${mark}, [onerror], [onload], [onfocus], [href^="javascript:"], [href^="//"]`).length,
  }), MARK);
  truth(!found.ran, `${where}: a script ran`);
  truth(!found.made, `${where}: ${found.made} elements were made`);
  truth(!(await p.content()).includes('\u202E'), `${where}: the direction of writing turns`);
}

async function drop(p, path, name) {
  await p.goto(`${web}/`);
  const {readFileSync} = await import('node:fs');
  await p.getByLabel('A file', {exact: true}).setInputFiles({name, mimeType: 'text/plain', buffer: readFileSync(path)});
  await p.getByRole('button', {name: 'Check it', exact: true}).click();
  await p.waitForURL(`${web}/check`);
}

export const tests = {
  'hostile messages show as text in the inbox and on their pages': async () => {
    const p = await page();
    for (const words of MARKUP) await post(envelope(words));
    await p.goto(`${web}/inbox`);
    await harmless(p, 'the inbox');
    truth((await p.locator('#rows').textContent()).includes('<script>'), 'what was written is there to be read');
    const rows = await p.$$eval('tbody a', (all) => all.map((a) => a.getAttribute('href')));
    for (const path of rows.slice(0, 2 * MARKUP.length)) {
      await p.goto(web + path);
      await harmless(p, path);
    }
    await done(p);
  },

  'hostile requests show as text': async () => {
    const p = await page();
    for (const words of MARKUP) await post(Buffer.from('X: y\r\n\r\nbody'), `/${encodeURI(words)}`, 'PUT');
    await p.goto(`${web}/inbox?kind=http-refused`);
    await harmless(p, 'the inbox');
    if (await p.locator('tbody a').count()) {
      await p.locator('tbody a').first().click();
      await harmless(p, 'a refused request');
    }
    await done(p);
  },

  'hostile certificates, documents and names of files show as text': async () => {
    const p = await page();
    for (const [i, words] of MARKUP.entries()) {
      if (i % 2) continue; // the other half came as messages
      const name = words.replace(/[\/\\+=,"]/g, '_');
      execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-utf8',
        '-keyout', '/dev/null', '-out', file('hostile.pem'), '-days', '30', '-subj', `/CN=${name}/O=${name}/C=FR`], {stdio: 'ignore'});
      await drop(p, file('hostile.pem'), `${name}.pem`);
      await harmless(p, `certificate ${i}`);
      keep('hostile.xml', `<IE3F26><LRN>${xml(words)}</LRN></IE3F26>`);
      await drop(p, file('hostile.xml'), `${name}.xml`);
      await harmless(p, `document ${i}`);
      keep('hostile.mime', envelope(words));
      await drop(p, file('hostile.mime'), `${words.slice(0, 40)}.mime`);
      await harmless(p, `message ${i}`);
    }
    await done(p);
  },

  'hostile addresses show as text': async () => {
    const p = await page();
    for (const path of ['/inbox?party=', '/inbox?lrn=', '/inbox?action=', '/filings?lrn=', '/filings?pile=', '/inbox/', '/filings/',
      '/language?to=fr&back=', '/language?to=en&back=/%5c%5celsewhere.example/', '/']) {
      await p.goto(web + path + encodeURIComponent(MARKUP.join(' ')));
      await harmless(p, path);
      truth(p.url().startsWith(web), `${path} leads to ${p.url()}`);
    }
    await done(p);
  },
};
