// What every page has in common. A room adds its pages to the list: addresses, or functions that give one.
import {axe, done, page, truth, web} from './world.mjs';
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
  'axe finds nothing on any page': () => each({}, (p) => axe(p)),
  'axe finds nothing in the dark, in French, at 320 pixels': () =>
    each({colorScheme: 'dark', locale: 'fr-FR', viewport: {width: 320, height: 700}}, (p) => axe(p)),
  'every page fits 320 pixels': () =>
    each({viewport: {width: 320, height: 700}}, async (p) => {
      const wide = await p.evaluate(() => document.documentElement.scrollWidth);
      return wide > 320 ? [`it is ${wide} pixels wide`] : [];
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
  'every page is as it should be on paper': () =>
    each({}, async (p) => {
      await p.emulateMedia({media: 'print'});
      return await p.locator('.top nav').isVisible() ? ['the rooms are printed'] : [];
    }),
  'every page speaks French where it is asked to': () =>
    each({locale: 'fr-FR'}, async (p) => {
      const lang = await p.locator('html').getAttribute('lang');
      const nav = await p.locator('.top nav').textContent();
      return lang === 'fr' && nav.includes('Vérifier') ? [] : [`lang ${lang}`];
    }),
};
