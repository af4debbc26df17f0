/** What all pages of the portal have in common: head, navigation, notices, and the page of a fault. */
import type { ErrorCode } from '../domain/errors';
import { ASSETS, type AssetName } from './assets';
import { formToken } from './form-token';
import { html, render, type Html, type Part } from './html';
import { portalPath, type Page, type Visit } from './visit';
import { tellError, type Told } from './words';

export interface PageOptions {
  readonly title: string;
  /** Which entry of the navigation it belongs to. */
  readonly current: Page | '';
  readonly body: Html;
  /** What an action has led to. */
  readonly notice?: Html | undefined;
  /** Seconds after which a browser without scripts loads it again. */
  readonly refresh?: number | undefined;
}

const NAVIGATION: readonly (readonly [Page | '', string])[] = [
  ['', 'Overview'],
  ['runs', 'Runs'],
  ['proof', 'Proof'],
  ['quarantine', 'Set aside'],
  ['stripe', 'Stripe'],
  ['schedule', 'Schedule'],
  ['permissions', 'Permissions'],
];

export function layOut(publicUrl: URL, visit: Visit, options: PageOptions): string {
  const { session, access, at } = visit;
  const { title, current, body, notice, refresh } = options;
  const shown = NAVIGATION.filter(([page]) => page !== 'proof' || access.isProven);
  const navigation = shown.map(
    ([page, text]) =>
      html`<li>
        <a href="${at(page)}" ${page === current && html` aria-current="page"`}>${text}</a>
      </li>`,
  );
  return document(
    publicUrl,
    title,
    html`<header class="top">
        <div class="bar">
          <p class="brand">${logo()}<span>Stripe Sync</span></p>
          <p class="instance">
            <span class="label">Blnk instance</span> <code>${session.instanceId}</code>
          </p>
        </div>
        <nav aria-label="Pages">
          <ul>
            ${navigation}
          </ul>
        </nav>
      </header>
      <main id="main" tabindex="-1" data-expires="${session.expiresAt.toISOString()}">
        <h1>${title}</h1>
        <div id="expired" class="notice warn" role="alert" hidden></div>
        ${notice} ${body}
        <p id="announce" class="hidden" role="status"></p>
      </main>
      <footer>
        <p>
          <span id="zone">Times are UTC.</span> Left alone, this session ends
          ${endOf(session.expiresAt)}; open the app again from Blnk to go on.
        </p>
        <form method="post" action="${at('logout')}">
          ${formToken(visit)}<button class="small">Log out</button>
        </form>
      </footer>`,
    refresh,
  );
}

/** Without a session nothing is known of whoever asks, so nothing of an instance is shown. */
export function faultPage(publicUrl: URL, code: ErrorCode): string {
  const { what, next } = tellError(code);
  const blocked =
    code === 'SESSION_UNKNOWN' &&
    html`<p>
      If that does not help, the browser blocks cookies of pages inside other pages: allow them for
      this address.
    </p>`;
  return endPage(publicUrl, what, next, [blocked, html`<p class="code"><code>${code}</code></p>`]);
}

/** After logging out. */
export function leftPage(publicUrl: URL): string {
  return endPage(
    publicUrl,
    'You are logged out',
    'Open the app again from the Blnk dashboard to go on.',
  );
}

/** After another install was approved: the session was of the one before. */
export function replacedPage(publicUrl: URL): string {
  return endPage(
    publicUrl,
    'The install is in force',
    'This session was of the install that it replaces. Open the app again from the Blnk dashboard, and connect Stripe there.',
  );
}

function endPage(publicUrl: URL, title: string, text: string, more: Part = null): string {
  return document(
    publicUrl,
    'Stripe Sync',
    html`<main id="main" class="fault" tabindex="-1">
      <p class="brand">${logo()}<span>Stripe Sync</span></p>
      <h1>${title}</h1>
      <p>${text}</p>
      ${more}
    </main>`,
  );
}

export function noticeOf(told: Told): Html {
  return html`<div class="notice bad" role="alert">
    <p><strong>${told.what}.</strong> ${told.next}</p>
    <p class="code"><code>${told.code}</code></p>
  </div>`;
}

export function done(text: string): Html {
  return html`<div class="notice good" role="status"><p>${text}</p></div>`;
}

function document(publicUrl: URL, title: string, body: Html, refresh?: number): string {
  const asset = (name: AssetName) =>
    portalPath(publicUrl, `assets/${name}?v=${ASSETS[name].version}`);
  return render(
    html`<html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${title === 'Stripe Sync' ? title : `${title} · Stripe Sync`}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        ${refresh !== undefined && html`<noscript><meta http-equiv="refresh" content="${refresh}" /></noscript>`}
        <link rel="icon" type="image/svg+xml" href="${asset('icon.svg')}" />
        <link rel="stylesheet" href="${asset('portal.css')}" />
        <script src="${asset('portal.js')}" defer></script>
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        ${body}
      </body>
    </html>`,
  );
}

function endOf(expiresAt: Date): Html {
  const iso = expiresAt.toISOString();
  return html`at <time datetime="${iso}" data-clock>${iso.slice(11, 16)}</time>`;
}

/** Money goes one way, certainty comes back. */
function logo(): Html {
  return html`<svg class="logo" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
    <path d="M4 8h15m-4-4 4 4-4 4M20 16H5m4 4-4-4 4-4" />
  </svg>`;
}
