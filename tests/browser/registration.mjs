// The registration, rehearsed: account, rights, certificate and first message, in both environments, as the guide has
// it. Each environment is a server of its own, over keys of the fixtures.
import {spawn} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {axe, done, ensign, equal, file, fixtures, keep, others, page, shoot, truth} from './world.mjs';

const EORI = 'FR73282932000074', USER = 'transports1';
const BANNER = {
  en: 'REHEARSAL on your own machine. Not a service of the European Commission or of French Customs. Nothing here reaches them.',
  fr: "RÉPÉTITION sur votre propre machine. Ce n'est pas un service de la Commission européenne ni de la douane française. Rien ne leur est transmis.",
};
const PASSWORD_NOTE = {
  en: 'Invent a password for this rehearsal. Never type your real one.',
  fr: 'Inventez un mot de passe pour cette répétition. Ne tapez jamais le vrai.',
};
const key = (name) => `${fixtures}/pki/${name}`;
const servers = {};

/* server starts that of an environment, once, and gives its ready line. */
async function server(environment) {
  if (servers[environment]) return servers[environment];
  const config = keep(`${environment}.yaml`, `profile: rehearsal
environment: ${environment}
listen: [{address: "127.0.0.1:0", tls: false}]
seal: {certificate: ${key('sti.pem')}, key: ${key('sti.key')}, domain: sti.example}
trust: [${key('root.pem')}]
store: {path: ${environment}.db}
web: {listen: "127.0.0.1:0", token_file: ${environment}.token}
`);
  const child = spawn(process.env.ENSIGN_COMMAND, ['serve', '--config', config], {stdio: ['ignore', 'pipe', 'ignore']});
  process.on('exit', () => child.kill());
  let text = '';
  const ready = await new Promise((good, bad) => {
    child.stdout.on('data', (d) => { text += d; if (text.includes('\n')) good(JSON.parse(text.split('\n')[0])); });
    child.on('exit', () => bad(new Error(`the server of ${environment} ended`)));
  });
  ready.web = ready.web.replace(/\/$/, '');
  others.push(ready.web);
  return (servers[environment] = {...ready, environment, at: (path) => `${ready.web}/registration${path}`});
}

/* answer sends a message of the trader's, sealed with a key of the fixtures, and gives what came back. */
let sent = 0;
async function answer(s, signer = 'trader') {
  const xml = file(`registered-${++sent}.xml`), mime = file(`registered-${sent}.mime`);
  await ensign('ens', 'new', 'IE3F26', '--from', EORI, '-o', xml);
  const sealed = await ensign('seal', xml, '--key', key(`${signer}.key`), '--cert', key(`${signer}.pem`), '--from', EORI,
    '--action', 'IE3F26', '-o', mime);
  truth(sealed.status === 0, sealed.stderr);
  const octets = readFileSync(mime), end = octets.indexOf('\r\n\r\n');
  const headers = {};
  for (const line of octets.subarray(0, end).toString('latin1').split('\r\n')) {
    const [name, ...rest] = line.split(':');
    if (rest.length && !/^content-length$/i.test(name)) headers[name] = rest.join(':').trim();
  }
  const got = await fetch(s.as4_plain, {method: 'POST', headers, body: octets.subarray(end + 4)});
  const text = await got.text();
  return text.includes('Receipt>') ? 'receipt' : (text.match(/A00\d/) || text.match(/EBMS:\d+/) || [text.slice(0, 80)])[0];
}

const main = (p) => p.locator('main').textContent();
const press = (p, name) => p.getByRole('button', {name, exact: false}).first().click();
const follow = (p, name) => p.getByRole('link', {name, exact: false}).first().click();
const fill = (p, label, value) => p.getByLabel(label, {exact: false}).first().fill(value);
async function says(p, text, what) { truth((await main(p)).includes(text), `${what}: ${(await main(p)).slice(0, 500)}`); }

/* creates an account, wrong first, and gives its password. */
async function account(s, p) {
  await p.goto(s.at('/account'));
  await fill(p, 'Identifiant', 'a_b');
  await fill(p, 'Mot de passe', 'short');
  await fill(p, 'Adresse électronique', 'ann@douane.gouv.fr');
  await fill(p, 'Nom (surname)', 'Demo');
  await fill(p, 'Prénom', 'Ann');
  await press(p, 'CRÉER MON COMPTE');
  for (const id of ['user-id', 'password', 'email', 'terms']) await says(p, `account.${id}`, 'the rules of an account');
  const password = await p.locator('code.invented').textContent();
  await fill(p, 'Identifiant', USER);
  await fill(p, 'Mot de passe', password);
  await fill(p, 'Adresse électronique', 'ann@transports.invalid');
  await p.getByLabel("J'accepte").check();
  await press(p, 'CRÉER MON COMPTE');
  await p.locator('.told.pass').waitFor();
  await p.locator('main a[href*="/mails/"]').click();
  await p.locator('main a[href*="/confirm?link="]').click();
  await press(p, 'ACTIVER MON COMPTE');
  await fill(p, 'Identifiant', USER);
  await fill(p, 'Mot de passe', 'R4-another-one');
  await press(p, 'Valider');
  await p.locator('.told.fail').waitFor();
  await fill(p, 'Mot de passe', password);
  await press(p, 'Valider');
  await p.waitForURL(s.at('/dashboard'));
  return password;
}

async function company(s, p) {
  await p.goto(s.at('/me'));
  await fill(p, 'SIRET, 14', '73282932000075');
  await fill(p, 'Raison sociale', 'Transports Demo SAS');
  await press(p, 'VÉRIFIER LE CODE');
  await says(p, 'company.siret', 'a SIRET with a wrong digit');
  await fill(p, 'SIRET, 14', '73282932000074');
  await press(p, 'VÉRIFIER LE CODE');
  await says(p, '73282932000074', 'the summary');
  await press(p, 'CONFIRMER');
  await p.locator('.told.pass').waitFor();
}

/* rights asks wrong, asks right, is refused with a reason, asks again, and is granted. */
async function rights(s, p) {
  await p.goto(s.at('/rights'));
  await p.getByLabel('Objet et texte').fill('Subject: rights please\nEORI: FR73282932000074\n');
  await press(p, 'Vérifier et envoyer');
  for (const id of ['subject', 'company', 'user', 'date']) await says(p, `rights.${id}`, 'what is missing is told');
  await fill(p, 'Numéro EORI', EORI);
  await press(p, 'Envoyer (send)');
  await says(p, 'requested', 'the request waits');
  await p.goto(s.at('/desk'));
  await p.locator('input[name=reason]').fill('le nom diffère');
  await p.locator('form:has(input[name=refuse]) button').click();
  await p.goto(s.at('/rights'));
  await says(p, 'le nom diffère', 'the reason');
  await fill(p, 'Numéro EORI', EORI);
  await press(p, 'Envoyer (send)');
  await p.goto(s.at('/desk'));
  await p.locator('form:has(input[name=grant]) button').click();
  await p.goto(s.at('/dashboard'));
  await says(p, EORI, 'the direct message');
}

const CHOICES = [['Domain of application', 'Customs'], ['Country', 'France'], ['Type of actor (Type', 'Employee'],
  ['Acting on behalf of', 'the following (natural/legal) person'], ['Type of actor (represented)', 'Economic operator'],
  ['Type of ID', 'EORI number'], ['How (', 'Directly']];

async function landing(s, p, query = '') {
  await p.goto(s.at(`/uumds${query}`));
  await press(p, 'Submit');
  for (const id of ['domain', 'country', 'behalf', 'consent']) await says(p, `landing.${id}`, 'the fields of the landing page');
  for (const [label, value] of CHOICES) await p.getByLabel(label, {exact: false}).first().selectOption(value);
  await p.locator('#f-id').fill(EORI);
  await press(p, 'Submit');
  await says(p, 'landing.consent', 'the consent');
  await p.getByLabel('Consent').check();
  await press(p, 'Submit');
}

/* register walks the three steps, and gives the address of the registration. */
let files = 0;
async function register(s, p, signer) {
  await p.goto(s.at('/uumds/view'));
  await follow(p, '+ Create a new certificate registration');
  await fill(p, 'Name (nom)', `Seal ${signer}`);
  await fill(p, 'Description', 'Seals ENS messages');
  await fill(p, 'Key holder', 'Transports Demo SAS');
  await press(p, 'Next (suivant)');
  await says(p, 'registration.purpose', 'the purpose');
  await p.getByLabel('Purpose').selectOption('Signature');
  await press(p, 'Next (suivant)');
  const address = p.url(), issued = file(`issued-${++files}.pdf`), signed = file(`signed-${files}.pdf`);
  await p.locator('#f-certificate').setInputFiles(key('other-company.pem'));
  await p.locator('form[action$="/preflight"] button').click();
  await says(p, 'binding.eori', 'the pre-flight');
  await p.goto(address);
  const waiting = p.waitForEvent('download');
  await follow(p, '1. Download certificate registration PDF file');
  const saved = await waiting;
  truth(/^(REHEARSAL|REPETITION)-/.test(saved.suggestedFilename()), saved.suggestedFilename());
  await saved.saveAs(issued);
  await p.locator('#f-pdf').setInputFiles(issued);
  await press(p, 'Upload signed PDF');
  await says(p, 'pdf.signature', 'a PDF that is not signed');
  const sign = await ensign('pdf', 'sign', issued, '--key', key(`${signer}.key`), '--cert', key(`${signer}.pem`), '-o', signed);
  truth(sign.status === 0, sign.stderr);
  await p.locator('#f-pdf').setInputFiles(signed);
  await press(p, 'Upload signed PDF');
  await says(p, 'Signing pending', 'the status');
  await press(p, 'Next (suivant)');
  await says(p, 'Active', 'the status');
  return {address, signed};
}

async function story(environment, options, language) {
  const s = await server(environment), p = await page(options);
  const end = {
    en: 'Active in the rehearsal. Not yet registered in UUM&DS: these steps remain, on the real portals.',
    fr: 'Actif dans la répétition. Pas encore enregistré dans UUM&DS',
  }[language];
  await p.goto(s.at(''));
  if (language === 'fr') await shoot(p, 'registration-start', 820);
  s.password = await account(s, p);
  await company(s, p);
  await rights(s, p);
  equal(await answer(s), 'A001', 'before the registration');
  await landing(s, p);
  await p.waitForURL(s.at('/uumds/dashboard'));
  await follow(p, 'View (voir)');
  const first = await register(s, p, 'trader');
  await says(p, end, 'the end');
  if (language === 'fr') await shoot(p, 'registration-active', 900);
  equal(await answer(s), 'receipt', 'the first message');
  await p.goto(s.at('/desk'));
  await p.locator('button', {hasText: /Suspendre|Suspend/}).first().click();
  equal(await answer(s), 'A001', 'once it is suspended');
  await p.locator('button', {hasText: /Réactiver|active again/}).first().click();
  await register(s, p, 'trader-3072');
  equal(await answer(s), 'receipt', 'the old certificate');
  equal(await answer(s, 'trader-3072'), 'receipt', 'the renewed certificate');
  await p.goto(s.at(''));
  equal(await p.locator('section').first().locator('.tag.pass').count(), 9, 'the steps that are done');
  s.first = first;
  await p.goto(s.at('/sheet'));
  await says(p, 'Request for rights_', 'the sheet');
  if (language === 'fr') await shoot(p, 'registration-sheet', 900);
  await done(p);
}

/* logged_in opens a page for the user of the story. */
async function logged_in(s, options) {
  const p = await page(options);
  await p.goto(s.at('/login'));
  await fill(p, 'Identifiant', USER);
  await fill(p, 'Mot de passe', s.password);
  await press(p, 'Valider');
  await p.waitForURL(s.at('/dashboard'));
  await landing(s, p);
  await p.waitForURL(s.at('/uumds/dashboard'));
  return p;
}

const PUBLIC = ['', '/account', '/login', '/nomail', '/sheet', '/mails', '/uumds', '/uumds?to=euctp', '/provider', '/desk',
  '/confirm?link=x', '/nothing'];
const PRIVATE = ['/dashboard', '/me', '/preferences', '/rights', '/uumds/dashboard', '/uumds/view', '/uumds/new', '/euctp'];

async function everywhere(s, p, look) {
  const wrong = [], mail = async () => {
    await p.goto(s.at('/mails'));
    return (await p.locator('main li a').first().getAttribute('href')).replace('/registration', '');
  };
  for (const path of [...PUBLIC, ...PRIVATE, s.first.address.replace(s.at(''), ''), await mail()]) {
    const came = await p.goto(s.at(path));
    for (const fault of await look(p, came)) wrong.push(`${path}: ${fault}`);
  }
  truth(!wrong.length, wrong.join('; '));
}

async function misled(p, language) {
  const wrong = [], banner = BANNER[language], text = await p.locator('body').textContent();
  if (!(await p.title()).includes(banner)) wrong.push('the title');
  if (!(await p.locator('.rehearsal').textContent()).includes(banner)) wrong.push('the banner');
  if (!(await p.locator('footer').textContent()).includes(banner)) wrong.push('the footer');
  if (!/Environ(ne)?ment ?:/.test(text)) wrong.push('the environment');
  if (await p.locator('a[href^="http"], a[href^="//"]').count()) wrong.push('a link to elsewhere');
  if (await p.locator('img, svg, picture, object, iframe').count()) wrong.push('a picture');
  for (const field of await p.locator('input[type=password]').all()) {
    if (await field.getAttribute('autocomplete') !== 'new-password') wrong.push('a password may be filled in');
    if (!text.includes(PASSWORD_NOTE[language])) wrong.push('the words at the password');
  }
  return wrong;
}

export const tests = {
  'an operator registers a certificate, and his message is taken: conformance, in French': () =>
    story('conformance', {locale: 'fr-FR'}, 'fr'),

  'an operator registers a certificate, and his message is taken: production, without scripts': () =>
    story('production', {javaScriptEnabled: false}, 'en'),

  'nothing of one environment gets into the other': async () => {
    const c = await server('conformance'), q = await server('production'), p = await logged_in(c);
    const id = q.first.address.split('/').pop();
    equal((await p.goto(c.at(`/uumds/${id}`))).status(), 409, 'a registration of production');
    await says(p, 'it is of production, and this is conformance', 'why');
    equal((await p.goto(c.at('/uumds/CR-00000000000000000000000000000000'))).status(), 404, 'one that is not there');
    await p.context().addCookies((await p.context().cookies()).filter((k) => k.name === 'ensign-conformance')
      .map((k) => ({...k, name: 'ensign-production'})));
    await p.goto(q.at('/dashboard'));
    await p.waitForURL(q.at('/login'));
    await p.goto(c.at('/uumds/view'));
    await follow(p, '+ Create');
    await fill(p, 'Name (nom)', 'Crossing');
    await fill(p, 'Description', 'A file of the other environment');
    await p.getByLabel('Purpose').selectOption('Signature');
    await press(p, 'Next (suivant)');
    const waiting = p.waitForEvent('download');
    await follow(p, '1. Download');
    await (await waiting).saveAs(file('crossing.pdf'));
    await p.locator('#f-pdf').setInputFiles(q.first.signed);
    await press(p, 'Upload signed PDF');
    await says(p, 'production', 'the PDF of the other environment');
    await says(p, 'PDF issued', 'the status stays');
    await done(p);
  },

  'an operator whose provider holds the certificate answers its task': async () => {
    const s = await server('conformance'), p = await logged_in(s);
    await p.goto(s.at('/provider'));
    await fill(p, "Provider's EORI", EORI);
    await fill(p, "Operator's EORI", EORI);
    await fill(p, 'Title', 'What is in the boxes?');
    await fill(p, 'MRN', '26FRSIM12345678AT0');
    await fill(p, 'Referral request reference', 'RFI-1');
    await fill(p, 'Deadline', '3d');
    await press(p, 'Post');
    await p.locator('.told.pass').waitFor();
    await landing(s, p, '?to=euctp');
    await p.waitForURL(s.at('/euctp'));
    await p.locator('textarea').fill('Machine parts, without batteries');
    await press(p, 'Answer');
    const waiting = p.waitForEvent('download');
    await follow(p, 'IE3R02');
    const saved = await waiting;
    truth(saved.suggestedFilename().startsWith('REHEARSAL-'), saved.suggestedFilename());
    const judged = await ensign('ens', 'check', await saved.path());
    equal(judged.status, 0, judged.stdout + judged.stderr);
    await done(p);
  },

  'every page of the rehearsal says what it is, and leads nowhere else': async () => {
    for (const [language, locale] of [['fr', 'fr-FR'], ['en', 'en-GB']]) {
      const s = await server('conformance'), p = await logged_in(s, {locale});
      await everywhere(s, p, () => misled(p, language));
      await p.goto(s.at('/mails'));
      for (const subject of await p.locator('main li a').allTextContents())
        truth(/^\[(REHEARSAL|RÉPÉTITION)\] /.test(subject), subject);
      await done(p);
    }
  },

  'axe finds nothing on the pages of who is logged in, at 320 pixels, too': async () => {
    const s = await server('conformance'), p = await logged_in(s, {viewport: {width: 320, height: 700}});
    await everywhere(s, p, async (_, came) => {
      const wide = await p.evaluate(() => document.documentElement.scrollWidth);
      const found = [...await axe(p), ...(wide > 320 ? [`${wide} pixels wide`] : [])];
      const size = (await came.body()).length;
      return size > 60 * 1024 ? [...found, `${size} octets`] : found;
    });
    const advanced = await ensign('clock', 'advance', '4000d', '--store', s.store);
    equal(advanced.status, 0, advanced.stderr);
    await new Promise((go) => setTimeout(go, 1500));
    truth(await answer(s) !== 'receipt', 'a certificate that has ended is taken');
    const e = await ensign('register', 'show', '--registry', s.store);
    truth(e.stdout.includes('Expired'), e.stdout + e.stderr);
    await done(p);
  },
};
