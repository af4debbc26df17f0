// Makes the pages livelier; each of them works without it. Talks to our own backend only.
'use strict';

const POLL_MS = 2_000;

/** While nothing runs: a sync of the schedule begins at some time. */
const IDLE_POLL_MS = 10_000;

const announce = (text) => {
  const place = document.getElementById('announce');
  if (place) place.textContent = text;
};

/** A page that is loaded again under somebody's hands would take away what was typed. */
function isTyping() {
  return document.activeElement?.matches('input:not([type="radio"], [type="checkbox"])') ?? false;
}

/** Without what was told once. */
function ownAddress() {
  const { searchParams: query } = new URL(location.href);
  query.delete('done');
  query.delete('problem');
  const text = query.toString();
  return text === '' ? location.pathname : `${location.pathname}?${text}`;
}

function followLater() {
  const part = document.getElementById('progress');
  if (part) setTimeout(follow, part.dataset.state === 'idle' ? IDLE_POLL_MS : POLL_MS);
}

/** Renews what a running sync shows, and loads the whole page once one has begun or ended. */
async function follow() {
  const part = document.getElementById('progress');
  if (!part) return;
  const wasIdle = part.dataset.state === 'idle';
  const response = await fetch(part.dataset.poll, { cache: 'no-store' }).catch(() => undefined);
  if (response && (response.status === 401 || response.status === 410)) {
    tellExpired();
    return;
  }
  if (response?.ok) {
    const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
    const next = fresh.getElementById('progress');
    const isIdle = next?.dataset.state === 'idle';
    const isNews = wasIdle ? !isIdle || next?.dataset.mark !== part.dataset.mark : isIdle;
    if (next && isNews && !isTyping()) {
      announce(isIdle ? 'The sync has ended.' : 'A sync has begun.');
      location.replace(ownAddress());
      return;
    }
    if (next && !wasIdle && !isIdle) {
      if (part.dataset.state === 'starting') announce('The sync is running.');
      part.replaceWith(document.adoptNode(next));
      tellLocal();
    }
  }
  followLater();
}

/** Times as the clock of whoever looks says them; days of books stay UTC. */
function tellLocal() {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const zone = document.getElementById('zone');
  if (zone) zone.textContent = `Times are of ${timeZone}, days of amounts of UTC.`;
  const two = (number) => String(number).padStart(2, '0');
  for (const time of document.querySelectorAll('time:not([data-local])')) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    const clock = `${two(at.getHours())}:${two(at.getMinutes())}`;
    const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
    time.title = time.dateTime;
    time.dataset.local = '';
    if ('seconds' in time.dataset) time.textContent = `${clock}:${two(at.getSeconds())}`;
    else time.textContent = 'clock' in time.dataset ? clock : `${day} ${clock}`;
  }
}

/** What comes true within seconds is not waited for by hand. */
function reloadSoon() {
  if (document.querySelector('[data-reload]') && !isTyping()) location.replace(ownAddress());
}

function tellExpired() {
  const place = document.getElementById('expired');
  if (!place || !place.hidden) return;
  place.hidden = false;
  place.textContent = 'This session has ended. Open the app again from the Blnk dashboard.';
}

function watchExpiry() {
  const end = Date.parse(document.getElementById('main')?.dataset.expires ?? '');
  if (Number.isNaN(end)) return;
  setTimeout(tellExpired, Math.max(0, end - Date.now()));
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/** "in 12 minutes" below a time. */
function tellAgo() {
  const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  for (const time of document.querySelectorAll('.facts dd > time')) {
    const seconds = (Date.parse(time.dateTime) - Date.now()) / 1_000;
    const [unit, length] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ['minute', 60];
    let ago = time.parentElement.querySelector('.ago');
    if (!ago) {
      ago = document.createElement('span');
      ago.className = 'ago';
      time.after(ago);
    }
    const told =
      Math.abs(seconds) < 60 ? 'just now' : words.format(Math.round(seconds / length), unit);
    ago.textContent = seconds > 0 && seconds < 60 ? 'in a moment' : told;
  }
}

/** A form is sent once, and says that it is being worked on. */
function sendOnce(event) {
  const button = event.submitter;
  if (!button) return;
  if (button.getAttribute('aria-disabled') === 'true') {
    event.preventDefault();
    return;
  }
  button.setAttribute('aria-disabled', 'true');
  if (button.dataset.busy) {
    button.textContent = button.dataset.busy;
    announce(button.dataset.busy);
  }
}

/** A day is needed only where one is chosen. */
function askForDay() {
  const day = document.querySelector('input[type="date"]');
  if (!day) return;
  const chosen = document.querySelector('input[name="from"]:checked')?.value === 'day';
  day.required = chosen;
}

document.addEventListener('submit', sendOnce);
document.addEventListener('change', askForDay);
// A page that comes back from the browser's own store may be of a session that has ended.
window.addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
});
followLater();
watchExpiry();
tellLocal();
if (document.querySelector('[data-reload]')) setTimeout(reloadSoon, POLL_MS);
tellAgo();
setInterval(tellAgo, 30_000);
