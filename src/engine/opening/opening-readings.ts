/**
 * What Stripe held at a cut-over: its balance, read until no row around a reading leaves a doubt, less every row
 * since; and its balance once more, which has to confirm it. Nothing is written.
 */
import type { BalanceTransaction } from '../../domain/movements/balance-transaction';
import {
  currenciesOf,
  heldIn,
  totalOf,
  type BalanceReading,
} from '../../domain/proof/balance-reading';
import { bookable } from '../../domain/movements/bookable';
import { SyncError } from '../../domain/errors';
import type { Chart } from '../../domain/movements/leg';
import { addsUp, heldAtCutOver, type OpeningReading } from '../../domain/opening/opening';
import {
  gatherRows,
  rowsAroundReading,
  type GatheredRows,
  type Gathering,
} from '../../domain/opening/opening-rows';
import { LISTED_AFTER } from '../../domain/proof/reading-judgement';
import { count } from '../../domain/text';
import { SETTLED } from '../../domain/window';
import type { TransactionPage } from '../../stripe/balance-transactions';
import type { StripeReader } from '../../stripe/client';
import { patiently } from '../reading/patiently';

export interface Waiting {
  /** Told what is under way. */
  readonly show: (line: string) => void;
  /** Seconds. */
  readonly pause: (seconds: number) => Promise<void>;
}

export interface ReadOpening extends GatheredRows {
  /** The last one. */
  readonly reading: BalanceReading;
  /** By currency, in upper case. */
  readonly held: ReadonlyMap<string, bigint>;
}

/** Readings of Stripe's balance; a further one is taken only where those before leave several amounts. */
const MOST_READINGS = 8;
/** Seconds between two: no row is near both. */
const APART = 8;
/** Seconds: rows that are younger than this are listed again, since Stripe lists some of them late. */
const RECENT = 10 * 60;

type Stripe = Pick<StripeReader, 'readBalance' | 'listTransactions'>;

/** @throws SyncError CUT_OVER_AHEAD, OPENING_ROW_UNREAD, OPENING_UNCERTAIN, STRIPE_* */
export async function readOpening(
  stripe: Stripe,
  chart: Chart & { readonly cutOver: number },
  { show, pause }: Waiting,
): Promise<ReadOpening> {
  const read = () => patiently(() => stripe.readBalance(NEVER));
  let reading = await read();
  const { at } = reading;
  const readings = [reading];
  if (chart.cutOver > at - SETTLED) throw new SyncError('CUT_OVER_AHEAD');
  const recentFrom = Math.max(chart.cutOver, at - RECENT);
  const rows = gatherRows(chart);
  let found = 0;
  const older = { from: chart.cutOver, to: recentFrom - 1 };
  await list(stripe, older, chart, (page) => {
    rows.add(page);
    found += page.length;
    show(`Reading Stripe’s list: ${count(found, 'row')}`);
  });
  for (let recent = await listRecent(stripe, recentFrom, chart); ;) {
    while (!heldOf(readings, rows, recent, Infinity) && readings.length < MOST_READINGS) {
      show(`Reading Stripe’s balance: ${readings.length + 1} of at most ${MOST_READINGS}`);
      await pause(APART);
      reading = await read();
      readings.push(reading);
      recent = await listRecent(stripe, recentFrom, chart);
    }
    await untilListed(reading.at + LISTED_AFTER + 1 - recent.listedTo, { show, pause });
    recent = await listRecent(stripe, recentFrom, chart);
    const held = heldOf(readings, rows, recent, recent.listedTo);
    if (!held && readings.length >= MOST_READINGS) throw new SyncError('OPENING_UNCERTAIN');
    if (!held) continue;
    let isConfirmed = reading.at >= at + LISTED_AFTER;
    if (!isConfirmed) {
      show('Reading Stripe’s balance once more');
      reading = await read();
      readings.push(reading);
      recent = await listRecent(stripe, recentFrom, chart);
      isConfirmed = confirms(reading, held, rows, recent);
    }
    if (!isConfirmed) continue;
    rows.add(recent.rows);
    return { ...rows.gathered(), reading, held };
  }
}

const NEVER = new AbortController().signal;

/** @throws SyncError OPENING_ROW_UNREAD: what it moves would be taken for something that was held before it */
async function list(
  stripe: Stripe,
  range: { readonly from: number; readonly to: number | null },
  chart: Chart,
  take: (rows: readonly BalanceTransaction[]) => void,
): Promise<number | null> {
  let listedTo: number | null = null;
  if (range.to !== null && range.to < range.from) return listedTo;
  let cursor: string | null = null;
  do {
    const after: string | null = cursor;
    const page: TransactionPage = await patiently(() =>
      stripe.listTransactions(range, after, NEVER),
    );
    listedTo ??= page.answeredAt;
    const unread = bookable(page.rows, chart).find(({ fault }) => fault !== null);
    if (unread) throw new SyncError('OPENING_ROW_UNREAD', { row: unread.id });
    take(page.rows);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return listedTo;
}

interface Recent {
  /** Newest first. */
  readonly rows: readonly BalanceTransaction[];
  /** Stripe's time when the newest were asked for. */
  readonly listedTo: number;
}

async function listRecent(stripe: Stripe, from: number, chart: Chart): Promise<Recent> {
  const rows: BalanceTransaction[] = [];
  const listedTo = await list(stripe, { from, to: null }, chart, (page) => {
    rows.push(...bookable(page, chart));
  });
  return { rows, listedTo: listedTo ?? 0 };
}

/** Stripe's clock counts: it is asked again after the whole of it. */
async function untilListed(seconds: number, { show, pause }: Waiting): Promise<void> {
  for (let left = seconds; left > 0; left -= 1) {
    show(`Waiting until Stripe’s list is whole: ${left} s`);
    await pause(1);
  }
}

/** @returns undefined: of some currency it is not certain */
function heldOf(
  readings: readonly BalanceReading[],
  older: Gathering,
  recent: Recent,
  listedTo: number,
): Map<string, bigint> | undefined {
  const nets = older.nets();
  const held = new Map<string, bigint>();
  for (const currency of currenciesAmong(readings, nets, recent)) {
    const amount = heldAtCutOver(
      readings.map((reading) => readingIn(reading, currency, nets, { ...recent, listedTo })),
    );
    if (amount === null) return undefined;
    held.set(currency, amount);
  }
  return held;
}

/** At once: nothing has to be chosen, in no currency. */
function confirms(
  reading: BalanceReading,
  held: ReadonlyMap<string, bigint>,
  older: Gathering,
  recent: Recent,
): boolean {
  const nets = older.nets();
  return [...currenciesAmong([reading], nets, recent)].every((currency) =>
    addsUp(held.get(currency) ?? 0n, readingIn(reading, currency, nets, recent)),
  );
}

function currenciesAmong(
  readings: readonly BalanceReading[],
  nets: ReadonlyMap<string, bigint>,
  { rows }: Recent,
): ReadonlySet<string> {
  const listed = rows.flatMap(({ currency }) => currency?.toUpperCase() ?? []);
  return new Set(readings.flatMap((reading) => currenciesOf(reading, [...nets.keys(), ...listed])));
}

function readingIn(
  reading: BalanceReading,
  currency: string,
  nets: ReadonlyMap<string, bigint>,
  { rows, listedTo }: Recent,
): OpeningReading {
  const { at } = reading;
  const total = totalOf(heldIn(reading, currency));
  const around = rowsAroundReading(at, currency, nets.get(currency) ?? 0n, rows);
  return { at, total, rows: around, listedTo };
}
