/* What pages do beyond their forms and links: every page works without it.
 *   data-live="URL"   an element that is fetched anew, with its page, whenever the events at URL tell of something
 *   .drop             a form that a file may be dropped on
 * What comes from the server is parsed as a document of its own, in which nothing runs; of it one element is taken. */
'use strict';
(function () {
  const QUIET_MS = 60; // events that come within it are answered by one request

  function replace(element, html) {
    const fresh = new DOMParser().parseFromString(html, 'text/html').getElementById(element.id);
    if (!fresh) return;
    const known = new Set(Array.from(element.querySelectorAll('[data-seq]'), (e) => e.dataset.seq));
    const held = element.contains(document.activeElement) ? document.activeElement.id : '';
    element.replaceChildren(...fresh.childNodes);
    for (const e of element.querySelectorAll('[data-seq]')) if (!known.has(e.dataset.seq)) e.classList.add('fresh');
    if (held && document.getElementById(held)) document.getElementById(held).focus();
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
