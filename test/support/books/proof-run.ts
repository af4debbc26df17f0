/** What a run does over a proof world once it has read and posted: the proof, and each step about a broken one. */
import {
  currenciesOf,
  heldIn,
  totalOf,
  type BalanceReading,
} from '../../../src/domain/proof/balance-reading';
import { prove, type CurrencyFacts, type Proof } from '../../../src/domain/proof/proof';
import { mergeItems, namedAtStripe, type ProofItem } from '../../../src/domain/proof/proof-items';
import { againstLedger, corruption, strangers } from '../../../src/domain/proof/proof-search';
import {
  beginWalk,
  nextStep,
  walked,
  type Range,
  type Step,
} from '../../../src/domain/proof/proof-walk';
import { EDGE, judgeReading } from '../../../src/domain/proof/reading-judgement';
import { addTurnovers, NO_TURNOVER, turnoverOf } from '../../../src/domain/proof/turnover';
import { againstMovements, againstStripe, itemOf } from './proof-comparisons';
import { bookRow, feed, inOrder, listedAt, type ProofWorld } from './proof-world';

/** Seconds before the reading when the last proof was made. */
export const LAST_PROOF = 3_600;

export interface ProofRun {
  /** Before anything was done about it. */
  readonly first: Proof;
  readonly last: Proof;
  readonly steps: readonly Step[];
}

export function runOver(world: ProofWorld, reading: BalanceReading, now: number): ProofRun {
  const first = proofOf(world, reading, now, []);
  const steps: Step[] = [];
  let { walk, items } = beginWalk(first, null, false);
  for (let last = first; ; last = proofOf(world, reading, now, items)) {
    const step = nextStep(last, walk, true);
    if (step.do === 'stop') return { first, last, steps };
    steps.push(step);
    items = mergeItems(items, take(world, step, now));
    walk = walked(walk, step);
  }
}

function take(world: ProofWorld, step: Exclude<Step, { do: 'stop' }>, now: number): ProofItem[] {
  switch (step.do) {
    case 'reread':
      return reread(world, step.seconds === null ? 0 : world.readAt - step.seconds, now);
    case 'check_rows':
      return checkRows(world);
    case 'look_up':
      return lookUp(world);
    case 'list_postings':
      return listPostings(world, step.range);
  }
}

function reread(world: ProofWorld, from: number, now: number): ProofItem[] {
  const inRange = ({ created }: { created: number }) => created >= from;
  const items = againstStripe(
    inOrder(world.rows).filter(inRange),
    listedAt(world, now).filter(inRange),
  );
  feed(world, now, from);
  return items;
}

function checkRows(world: ProofWorld): ProofItem[] {
  const bookedOf = (id: string) =>
    [...world.movements.values()]
      .filter(({ rowId }) => rowId === id)
      .reduce((sum, { amount }) => sum + amount, 0n);
  const compare = () => againstMovements(world.rows.values(), bookedOf);
  const found = compare();
  for (const { reference } of found) {
    const row = world.rows.get(reference);
    if (row) bookRow(world, row);
  }
  const left = new Set(compare().map(({ reference }) => reference));
  return found.map((item) => (left.has(item.reference) ? item : { ...item, kind: 'booked_again' }));
}

function lookUp(world: ProofWorld): ProofItem[] {
  const ours = [...world.movements]
    .filter(([, { isSetAside }]) => !isSetAside)
    .map(([reference, movement]) => ({ ...movement, reference }));
  const others = [...world.accepted.values()].map((one) => ({ ...one, isAccepted: true }));
  return againstLedger([...ours, ...others], world.postings.values());
}

function listPostings(world: ProofWorld, range: Range): ProofItem[] {
  const from = range === 'all' ? 0 : world.readAt - LAST_PROOF;
  const found = [...world.postings.values()].filter(({ bookedAt }) => (bookedAt ?? 0) >= from);
  const foreign = strangers(
    found,
    ({ reference }) => world.movements.has(reference) || world.accepted.has(reference),
  );
  if (range !== 'all') return foreign;
  const corrupt = [...world.stated].flatMap(([currency, stated]) => {
    const own = found.filter((posting) => posting.currency === currency);
    const counted = addTurnovers(own.map(({ amount }) => turnoverOf(amount)));
    return corruption({ balanceId: `bln_${currency}`, currency, stated, counted });
  });
  return [...foreign, ...corrupt];
}

function proofOf(
  world: ProofWorld,
  reading: BalanceReading,
  now: number,
  found: readonly ProofItem[],
): Proof {
  const currencies = currenciesOf(reading, [...world.opened.keys(), ...world.stated.keys()]);
  const facts = currencies.map((currency) => factsOf(world, reading, currency, now, found));
  return prove(now, null, facts);
}

function factsOf(
  world: ProofWorld,
  reading: BalanceReading,
  currency: string,
  now: number,
  found: readonly ProofItem[],
): CurrencyFacts {
  const isOf = (one: { readonly currency: string }) => one.currency === currency;
  const rows = inOrder(world.rows).filter(isOf);
  const netOf = (isIn: (second: number) => boolean) =>
    rows
      .filter(({ created }) => isIn(created - reading.at))
      .reduce((sum, { net }) => sum + net, 0n);
  const after = rows.filter(({ created }) => created > reading.at + EDGE);
  const opened = world.opened.get(currency) ?? 0n;
  const held = heldIn(reading, currency);
  const named = found.filter(isOf);
  const judgement = judgeReading(
    { at: reading.at, total: totalOf(held) },
    {
      before: opened + netOf((second) => second < -EDGE),
      near: rows.filter(({ created }) => Math.abs(created - reading.at) <= EDGE),
      after: { count: after.length, net: netOf((second) => second > EDGE) },
    },
    now,
    namedAtStripe(named),
  );
  const movements = [...world.movements].filter(([, movement]) => isOf(movement));
  const booked = movements.filter(([, { isSetAside }]) => !isSetAside);
  return {
    currency,
    stripe: { at: reading.at, ...held, judgement },
    entered: opened + netOf(() => true),
    ledger: world.stated.get(currency) ?? NO_TURNOVER,
    booked: addTurnovers(booked.map(([, { amount }]) => turnoverOf(amount))),
    notYet: notYetOf(world, currency),
    staged: 0,
    items: [
      ...movements
        .filter(([, { isSetAside }]) => isSetAside)
        .map(([reference, { amount }]) => itemOf('set_aside', reference, currency, amount)),
      ...[...world.accepted.values()]
        .filter(isOf)
        .map(({ reference, amount }) => itemOf('accepted', reference, currency, amount)),
      ...named,
    ],
    movements: movements.length,
  };
}

function notYetOf(world: ProofWorld, currency: string): CurrencyFacts['notYet'] {
  const open = [...world.movements.values()].filter(
    ({ payInAt, rowId, currency: own }) =>
      own === currency && payInAt !== null && (rowId === null || !world.rows.has(rowId)),
  );
  const times = open.map(({ payInAt }) => payInAt ?? 0);
  return {
    count: open.length,
    amount: open.reduce((sum, { amount }) => sum + amount, 0n),
    oldest: times.length === 0 ? null : Math.min(...times),
  };
}
