// Makes the pages livelier; each of them works without it. Talks to our own backend only.
'use strict';

const POLL_MS = 2_000;

const announce = (text) => {
  const place = document.getElementById('announce');
  if (place) place.textContent = text;
};

/** Renews what a running sync shows, and loads the whole page once it has ended. */
async function follow() {
  const part = document.getElementById('progress');
  if (!part || part.dataset.state === 'idle') return;
  const response = await fetch(part.dataset.poll, { cache: 'no-store' }).catch(() => undefined);
  if (response && (response.status === 401 || response.status === 410)) {
    tellExpired();
    return;
  }
  if (response?.ok) {
    const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
    const next = fresh.getElementById('progress');
    if (next?.dataset.state === 'idle') {
      announce('The sync has ended.');
      location.replace(location.pathname);
      return;
    }
    if (next) {
      if (part.dataset.state === 'starting') announce('The sync is running.');
      part.replaceWith(document.adoptNode(next));
    }
  }
  setTimeout(follow, POLL_MS);
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
  const day = document.querySelector('input[name="day"]');
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
setTimeout(follow, POLL_MS);
watchExpiry();
tellAgo();
setInterval(tellAgo, 30_000);
