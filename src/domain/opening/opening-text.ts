/** The plan of an opening balance, as people read it and as JSON. */
import { currenciesOf, heldIn, totalOf, type BalanceReading } from '../proof/balance-reading';
import { errorInfo } from '../errors';
import { KINDS } from '../kinds/table';
import type { Leg } from '../movements/leg';
import { formatAmount } from '../money';
import type { Opening, OpeningStop } from './opening';
import type { GatheredRows, KindSum } from './opening-rows';
import { rfc3339 } from '../posting';
import type { LedgerPosting } from '../proof/proof-search';
import { REASONS } from '../reasons';
import { count, formatTime } from '../text';
import { heldBy } from '../proof/turnover';

export interface PlannedOpening {
  /** Unix seconds; null: the whole history. */
  readonly cutOver: number | null;
  /** Of Stripe's balance, the last one. */
  readonly reading: BalanceReading;
  readonly openings: readonly Opening[];
  /** Opening postings. */
  readonly legs: readonly Leg[];
  /** What Stripe has listed since the cut-over; of the whole history nothing is read. */
  readonly rows: GatheredRows | null;
  /** Currencies whose opening posting is in the ledger already. */
  readonly found?: ReadonlySet<string>;
  /** By currency: what of `earlier` other accounts or keys that were left have booked, and keep. Default: nothing. */
  readonly left?: ReadonlyMap<string, bigint>;
}

/** Postings of others that the text names; all of them are in the JSON. */
const SHOWN = 20;

const LABEL_WIDTH = 28;
const AMOUNT_WIDTH = 15;

/** A line: what it is, minor units, and what there is to say about it. */
type Line = readonly [label: string, amount: bigint, more: string];

export function openingAsText(plan: PlannedOpening): string {
  return [
    sinceText(plan.cutOver),
    ...currenciesIn(plan).map((currency) => currencyAsText(plan, currency)),
  ].join('\n');
}

function sinceText(cutOver: number | null): string {
  if (cutOver === null) return 'All that has moved Stripe’s balance since the account began:';
  return `All that has moved Stripe’s balance since ${formatTime(new Date(cutOver * 1000))}:`;
}

function currenciesIn({ reading, openings, rows }: PlannedOpening): string[] {
  const others = [...openings, ...(rows?.kinds ?? [])].map(({ currency }) => currency);
  return currenciesOf(reading, others);
}

function currencyAsText(plan: PlannedOpening, currency: string): string {
  const { openings, rows } = plan;
  const opening = openings.find((one) => one.currency === currency);
  const kinds = (rows?.kinds ?? []).filter((one) => one.currency === currency);
  const lines = [...headLines(plan, currency, opening, kinds), ...openingLines(plan, opening)];
  const text = lines.map(([label, amount, more], index) => {
    const start = (index === 0 ? currency : '').padEnd(5);
    const shown = formatAmount(amount, currency.toUpperCase()).padStart(AMOUNT_WIDTH);
    return `${start}${label.padEnd(LABEL_WIDTH)}${shown}${more === '' ? '' : `   ${more}`}`;
  });
  return [...text, ...(opening ? notesOf(opening) : [])].join('\n');
}

function headLines(
  { reading, cutOver }: PlannedOpening,
  currency: string,
  opening: Opening | undefined,
  kinds: readonly KindSum[],
): Line[] {
  const held = heldIn(reading, currency);
  const [available, pending] = [held.available, held.pending].map((amount) =>
    formatAmount(amount, currency.toUpperCase()),
  );
  const time = formatTime(new Date(reading.at * 1000)).slice(0, 19);
  const parts = `${time}, available ${available}, pending ${pending}`;
  const head: Line = ['Stripe balance', totalOf(held), parts];
  if (cutOver === null) {
    return [head, ['opening', 0n, 'whether all rows add up to it, the first proof says']];
  }
  const listed = kinds.reduce((sum, { net }) => sum + net, 0n);
  // On a busy account rows came after the reading.
  const moved = (opening?.held ?? 0n) - totalOf(held) + listed;
  return [
    head,
    ...(moved === 0n ? [] : [['moved since the reading', moved, ''] as const]),
    ...kinds.map(({ kind, net, count: rows }): Line => {
      return [`- ${KINDS[kind].text}`, -net, `${count(rows, 'row')}, to be booked from here on`];
    }),
  ];
}

/** What leads from what Stripe held to what is posted, so that each line can be added up. */
function openingLines(
  { cutOver, legs, found, left: kept }: PlannedOpening,
  opening: Opening | undefined,
): Line[] {
  if (!opening) return [];
  const { currency, held, earlier, absorbed, absorbs, amount } = opening;
  const others: Line = [
    '- postings of others',
    -heldBy(absorbed),
    count(absorbs.length, 'posting'),
  ];
  if (cutOver === null) return [];
  const left = kept?.get(currency) ?? 0n;
  const leg = legs.find((one) => one.currency === currency);
  const there = found?.has(currency) ? ', in the ledger already' : '';
  const posting = leg
    ? `${leg.from} to ${leg.to}, dated ${rfc3339(cutOver).slice(0, 10)}, ${leg.reference}${there}`
    : 'nothing is posted';
  return [
    ['held at the cut-over', held, ''],
    ['- pay-ins in the ledger', left - earlier, 'succeeded before, and are booked'],
    ...(left === 0n ? [] : [['- of an account or key left', -left, 'booked, and stays'] as const]),
    ...(absorbs.length > 0 ? [others] : []),
    ['opening', amount, posting],
  ];
}

function notesOf({ currency, foreign, stop }: Opening): string[] {
  const lines = foreign.slice(0, SHOWN).map((posting) => `       ${postingText(posting)}`);
  const left = foreign.length - lines.length;
  return [
    ...(foreign.length > 0 ? ['     postings of others on the source balance:'] : []),
    ...lines,
    ...(left > 0 ? [`       and ${left} more`] : []),
    ...(stop === null ? [] : [`     STOP (${currency}): ${stopText(stop)}`]),
  ];
}

function postingText({ reference, id, amount, currency, bookedAt, description }: LedgerPosting) {
  const at = bookedAt === null ? '' : `, ${formatTime(new Date(bookedAt * 1000))}`;
  const said = description === null || description === '' ? '' : `, "${description}"`;
  return `${formatAmount(amount, currency.toUpperCase())} ${currency}, ${reference || id}${at}${said}`;
}

function stopText(stop: OpeningStop): string {
  if (stop !== 'FOREIGN_POSTINGS' && stop !== 'OPENING_DIFFERS') {
    return `${stop}: ${REASONS[stop].what}`;
  }
  const { what, next } = errorInfo(stop);
  return `${what}. ${next}`;
}

export function openingAsJson(plan: PlannedOpening) {
  const { cutOver, reading, openings, legs, rows, left } = plan;
  return {
    cutOver: cutOver === null ? null : rfc3339(cutOver),
    asOf: rfc3339(reading.at),
    currencies: currenciesIn(plan).map((currency) => {
      const opening = openings.find((one) => one.currency === currency);
      const leg = legs.find((one) => one.currency === currency);
      const { available, pending } = heldIn(reading, currency);
      const kept = left?.get(currency) ?? 0n;
      return {
        currency,
        stripe: { available: String(available), pending: String(pending) },
        held: String(opening?.held ?? 0n),
        payInsBefore: String((opening?.earlier ?? 0n) - kept),
        left: String(kept),
        foreign: (opening?.foreign ?? []).map(foreignAsJson),
        opening: leg ? legAsJson(leg) : null,
        stop: opening?.stop ?? null,
        follows: (rows?.kinds ?? [])
          .filter((one) => one.currency === currency)
          .map(({ kind, count: number, net }) => ({ kind, count: number, net: String(net) })),
      };
    }),
  };
}

function foreignAsJson({ id, reference, amount, bookedAt, description }: LedgerPosting) {
  const at = bookedAt === null ? null : rfc3339(bookedAt);
  return { reference, transactionId: id, amount: String(amount), bookedAt: at, description };
}

function legAsJson({ reference, from, to, amount, datedAt }: Leg) {
  const date = datedAt === null ? null : rfc3339(datedAt);
  return { reference, from, to, amount: String(amount ?? 0n), date };
}
