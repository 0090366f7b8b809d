// What every page has in common. A room adds its pages to the list: addresses, or functions that give one.
import {axe, done, page, ready, truth, web} from './world.mjs';
import {theFiling} from './walks.mjs';

const AIM = 60 * 1024; // octets of a page

export const list = [
  '/',
  '/inbox',
  '/inbox?party=nobody&verdict=refused&kind=http-refused',
  async () => (await hrefs('/inbox'))[0],
  '/filings',
  '/filings?pile=waiting',
  async () => `/filings/${await theFiling()}`,
  '/map', '/mailboxes', '/parties', () => `/parties/${ready.eori}`, '/faults', '/clock', '/lists', '/order', '/order?provider=Demo+Trust&country=FR&type=eseal', '/statistics',
  '/registration',
  '/registration/account',
  '/registration/login',
  '/registration/nomail',
  '/registration/sheet',
  '/registration/mails',
  '/registration/uumds',
  '/registration/uumds?to=euctp',
  '/registration/provider',
  '/registration/desk',
  '/registration/nothing-is-here',
  '/nothing-is-here',
];

async function hrefs(path) {
  const p = await page();
  await p.goto(web + path);
  const found = await p.$$eval('tbody a[href]', (all) => all.map((a) => a.getAttribute('href')));
  await done(p);
  return found;
}

const address = (entry) => (typeof entry === 'string' ? entry : entry());

/* each opens every page in one tab, and gathers what is wrong. */
async function each(options, look) {
  const p = await page(options), wrong = [];
  for (const entry of list) {
    const path = await address(entry);
    const answer = await p.goto(web + path);
    for (const fault of await look(p, answer, path)) wrong.push(`${path}: ${fault}`);
  }
  await done(p);
  truth(!wrong.length, wrong.join('; '));
}

export const tests = {
  'axe finds nothing on any page, and paper has no rooms': () =>
    each({}, async (p) => {
      const wrong = await axe(p);
      await p.emulateMedia({media: 'print'});
      if (await p.locator('.top nav').isVisible()) wrong.push('the rooms are printed');
      await p.emulateMedia({media: 'screen'});
      return wrong;
    }),
  'axe finds nothing in the dark, in French, at 320 pixels, which every page fits': () =>
    each({colorScheme: 'dark', locale: 'fr-FR', viewport: {width: 320, height: 700}}, async (p) => {
      const wrong = await axe(p);
      const seen = await p.evaluate(() => ({
        wide: document.documentElement.scrollWidth,
        lang: document.documentElement.lang,
        rooms: document.querySelector('.top nav').textContent,
      }));
      if (seen.wide > 320) wrong.push(`it is ${seen.wide} pixels wide`);
      if (seen.lang !== 'fr' || !seen.rooms.includes('Vérifier')) wrong.push('it does not speak French');
      return wrong;
    }),
  'every page is whole without scripts, under 60 KB': () =>
    each({javaScriptEnabled: false}, async (p, answer) => {
      const size = (await answer.body()).length, wrong = [];
      if (size > AIM) wrong.push(`${size} octets`);
      if ((await p.locator('main h1').first().textContent()) === '') wrong.push('no heading');
      if (await p.locator('form').count() && await p.locator('form button[type=submit]').count() === 0)
        wrong.push('a form without a button');
      return wrong;
    }),
};
