/** Money of one currency by day: bars, and the same as a table for whoever does not see them. */
import { decimalsOf, formatAmount } from '../domain/money';
import { count } from '../domain/text';
import type { MoneyOfDay } from '../store/pay-in-totals';
import { html, type Html } from './html';

const WIDTH = 720;
const HEIGHT = 156;
const LEFT = 4;
const TOP = 22;
const BOTTOM = 26;
const PLOT = HEIGHT - TOP - BOTTOM;

/** @param days every day that the chart spans, oldest first, as YYYY-MM-DD */
export function moneyChart(
  currency: string,
  rows: readonly MoneyOfDay[],
  days: readonly string[],
): Html {
  const byDay = new Map(rows.map((row) => [row.day, row]));
  const total = rows.reduce((sum, { inLedger }) => sum + inLedger, 0n);
  const aside = rows.reduce((sum, { countSetAside }) => sum + countSetAside, 0);
  const payIns = rows.reduce((sum, row) => sum + row.countInLedger, 0);
  const peak = rows.reduce(
    (max, row) => maxOf(max, positive(row.inLedger) + positive(row.setAside)),
    0n,
  );
  const top = niceAbove(peak, currency);
  const step = (WIDTH - LEFT * 2) / days.length;
  const text = `${formatAmount(total, currency)} ${currency} in the ledger from ${days[0] ?? ''} to ${days.at(-1) ?? ''}, in ${count(payIns, 'pay-in')}`;
  const bars = days.map((day, index) => {
    const row = byDay.get(day);
    if (!row) return null;
    const ledger = heightOf(positive(row.inLedger), top);
    const quarantined = heightOf(positive(row.setAside), top);
    const x = LEFT + index * step + step * 0.14;
    const base = TOP + PLOT;
    return html`<g
      ><title>${titleOf(row)}</title>
      <rect
        class="hit"
        x="${(LEFT + index * step).toFixed(1)}"
        y="${TOP}"
        width="${step.toFixed(1)}"
        height="${PLOT}"
      />
      ${bar('ledger', x, base - ledger, step * 0.72, ledger)}
      ${bar('aside', x, base - ledger - quarantined, step * 0.72, quarantined)}</g
    >`;
  });
  return html`<figure class="chart">
    <figcaption>
      <span class="currency">${currency}</span> <strong>${formatAmount(total, currency)}</strong>
      <span class="muted">${count(payIns, 'pay-in')}</span>${
        aside > 0 &&
        html` <span class="legend"
          ><span class="swatch aside" aria-hidden="true"></span>${count(aside, 'pay-in')} set
          aside</span
        >`
      }
    </figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${text}">
      ${[top, top / 2n].map((line) => gridLine(line, top, currency))}
      <line class="axis" x1="0" x2="${WIDTH}" y1="${TOP + PLOT}" y2="${TOP + PLOT}" />
      ${bars} ${labels(days, step)}
    </svg>
    <details>
      <summary>As a table<span class="hidden">: ${currency} by day</span></summary>
      ${table(currency, rows)}
    </details>
  </figure>`;
}

function bar(kind: string, x: number, y: number, width: number, height: number): Html | null {
  if (height <= 0) return null;
  return html`<rect
    class="${kind}"
    x="${x.toFixed(1)}"
    y="${y.toFixed(1)}"
    width="${width.toFixed(1)}"
    height="${height.toFixed(1)}"
    rx="2"
  />`;
}

/** In shares of 10,000, so that money stays an integer up to here; what there is can be seen. */
function heightOf(amount: bigint, top: bigint): number {
  if (amount === 0n || top === 0n) return 0;
  return Math.max(1.5, (Number((amount * 10_000n) / top) / 10_000) * PLOT);
}

function gridLine(value: bigint, top: bigint, currency: string): Html | null {
  if (value <= 0n) return null;
  const y = TOP + PLOT - heightOf(value, top);
  return html`<line class="grid" x1="0" x2="${WIDTH}" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}" />
    <text class="value" x="0" y="${(y - 5).toFixed(1)}">${whole(value, currency)}</text>`;
}

/** The first, the last and one a week; none so near to the last that both run together. */
function labels(days: readonly string[], step: number): (Html | null)[] {
  return days.map((day, index) => {
    const last = index === days.length - 1;
    if (!last && (index % 7 !== 0 || days.length - 1 - index < 4)) return null;
    const anchor = index === 0 ? 'start' : last ? 'end' : 'middle';
    const x = index === 0 ? 0 : last ? WIDTH : LEFT + (index + 0.5) * step;
    return html`<text class="day" x="${x.toFixed(1)}" y="${HEIGHT - 7}" text-anchor="${anchor}"
      >${day.slice(5)}</text
    >`;
  });
}

function table(currency: string, rows: readonly MoneyOfDay[]): Html {
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${currency} by day">
    <table>
      <thead>
        <tr>
          <th scope="col">Day (UTC)</th>
          <th scope="col" class="number">Pay-ins</th>
          <th scope="col" class="number">In the ledger</th>
          <th scope="col" class="number">Set aside</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              <th scope="row">${row.day}</th>
              <td class="number">${row.countInLedger + row.countSetAside}</td>
              <td class="number">${formatAmount(row.inLedger, currency)}</td>
              <td class="number">${formatAmount(row.setAside, currency)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function titleOf(row: MoneyOfDay): string {
  const { day, currency, inLedger, setAside, countInLedger, countSetAside } = row;
  const ledger = `${day}: ${formatAmount(inLedger, currency)} ${currency}, ${count(countInLedger, 'pay-in')}`;
  if (countSetAside === 0) return ledger;
  return `${ledger}; set aside ${formatAmount(setAside, currency)}, ${count(countSetAside, 'pay-in')}`;
}

/** The next round number of major units above, so that the half of it is one too. */
function niceAbove(peak: bigint, currency: string): bigint {
  const unit = 10n ** BigInt(decimalsOf(currency) ?? 0);
  for (let power = unit; ; power *= 10n) {
    for (const tenths of [10n, 12n, 16n, 20n, 24n, 30n, 40n, 50n, 60n, 80n]) {
      if ((power * tenths) / 10n >= peak) return (power * tenths) / 10n;
    }
  }
}

function whole(value: bigint, currency: string): string {
  return formatAmount(value, currency).replace(/\.0+$/, '');
}

function positive(amount: bigint): bigint {
  return amount > 0n ? amount : 0n;
}

function maxOf(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
