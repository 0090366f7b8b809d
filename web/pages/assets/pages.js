/* What pages do beyond their forms and links: every page works without it.
 *   data-live="URL"   an element that is fetched anew, with its page, whenever the events at URL tell of something
 *   data-way="pps.."  a message's way past the boxes of the map, which it travels when it comes, or gets further
 *   .drop             a form that a file may be dropped on
 * What comes from the server is parsed as a document of its own, in which nothing runs; of it one element is taken. */
'use strict';
(function () {
  const QUIET_MS = 60; // events that come within it are answered by one request
  const STEP_MS = 220, HURRIED_MS = 50; // from box to box; with others waiting
  const ways = []; // messages that are yet to travel
  const WAITING_MAX = 10; // where more come, the oldest stand in the table alone
  let travels = false;

  function replace(element, html) {
    const fresh = new DOMParser().parseFromString(html, 'text/html').getElementById(element.id);
    if (!fresh) return;
    const known = new Map(Array.from(element.querySelectorAll('[data-seq]'), (e) => [e.dataset.seq, e.dataset.way]));
    const held = element.contains(document.activeElement) ? document.activeElement.id : '';
    element.replaceChildren(...fresh.childNodes);
    for (const e of Array.from(element.querySelectorAll('[data-seq]')).reverse()) { // the oldest first
      if (!known.has(e.dataset.seq)) e.classList.add('fresh');
      if (e.dataset.way && known.get(e.dataset.seq) !== e.dataset.way) ways.push({...e.dataset});
    }
    travel();
    if (held && document.getElementById(held)) document.getElementById(held).focus();
  }

  function mark(box, letter, text) {
    box.className = {p: 'hop lit', s: 'hop stopped', at: 'hop at'}[letter] || 'hop';
    box.querySelectorAll('p').forEach((p) => p.remove());
    if (!text) return;
    const p = box.appendChild(document.createElement('p'));
    p.className = letter === 's' ? 'stop' : 'small';
    p.textContent = text;
  }

  /* travel shows each way box by box; where one got further, only what is new. */
  async function travel() {
    const map = document.querySelector('ol.map');
    if (travels || !map) return;
    travels = true;
    const still = matchMedia('(prefers-reduced-motion: reduce)');
    const rest = () => still.matches ? null : new Promise((go) => setTimeout(go, ways.length ? HURRIED_MS : STEP_MS));
    for (let m; (m = ways.shift());) {
      const boxes = Array.from(map.children), same = map.dataset.shown === m.seq ? map.dataset.way : '';
      let from = 0;
      while (from < same.length && same[from] === m.way[from] && same[from] !== 's') from++;
      boxes.slice(from).forEach((box) => mark(box, '.'));
      for (let i = from; i < boxes.length; i++) {
        if (m.way[i] === '.') continue;
        mark(boxes[i], 'at');
        await rest();
        const why = m.why.trim(), last = i === boxes.length - 1 && why;
        mark(boxes[i], m.way[i], m.way[i] === 's' ? `${map.dataset.stopped} ${why}` : last || map.dataset.passed);
      }
      map.dataset.shown = m.seq;
      map.dataset.way = m.way;
      document.getElementById('way').textContent = m.said;
    }
    travels = false;
  }

  function watch(element) {
    const state = document.querySelector('.live');
    let timer = 0, busy = false, again = false;
    async function refresh() {
      timer = 0;
      if (busy) { again = true; return; }
      busy = true;
      try {
        const answer = await fetch(location.href, {credentials: 'same-origin', cache: 'no-store'});
        if (answer.ok) replace(element, await answer.text());
      } catch (_) { /* the stream comes back, and so does this */ }
      busy = false;
      if (again) { again = false; later(); }
    }
    function later() { if (!timer) timer = setTimeout(refresh, QUIET_MS); }
    const events = new EventSource(element.dataset.live);
    const show = (on) => { if (state) { state.hidden = false; state.classList.toggle('on', on); } };
    let opened = false;
    events.onopen = () => { show(true); if (opened) later(); opened = true; };
    events.onerror = () => show(false);
    events.onmessage = later;
    for (const name of (element.dataset.events || 'journal').split(' ')) events.addEventListener(name, later);
  }

  function accept(form) {
    const input = form.querySelector('input[type=file]');
    form.addEventListener('dragover', (e) => { e.preventDefault(); form.classList.add('over'); });
    form.addEventListener('dragleave', () => form.classList.remove('over'));
    form.addEventListener('drop', (e) => {
      e.preventDefault();
      form.classList.remove('over');
      if (!e.dataTransfer.files.length) return;
      input.files = e.dataTransfer.files;
      form.requestSubmit();
    });
  }

  document.querySelectorAll('[data-live]').forEach(watch);
  document.querySelectorAll('form.drop').forEach(accept);
})();
