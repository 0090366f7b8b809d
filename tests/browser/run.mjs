// Runs every test once and prints a line each, "ok NAME" or "not ok NAME: why": what the suite web/browser reads.
import {open, close} from './world.mjs';
import {tests as pages} from './pages.mjs';
import {tests as walks} from './walks.mjs';
import {tests as hostile} from './hostile.mjs';
import {tests as registration} from './registration.mjs';

const LIMIT_MS = 60000; // for one test: a lid for machines that do much else
const only = process.argv[2];

function limited(promise) {
  let timer;
  const late = new Promise((_, no) => { timer = setTimeout(() => no(new Error('it took too long')), LIMIT_MS); });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

await open();
for (const [name, test] of Object.entries({...walks, ...hostile, ...pages, ...registration})) {
  if (only && !name.includes(only)) continue;
  const began = Date.now();
  try {
    await limited(test());
    console.log(`ok ${name}`);
  } catch (e) {
    console.log(`not ok ${name}: ${String(e.message).split('\n').slice(0, 4).join(' | ')}`);
  }
  console.error(`${Date.now() - began} ms ${name}`);
}
await close();
process.exit(0);
