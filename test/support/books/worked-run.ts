/** Plays the worked example, a sync after each of its steps, and holds every balance and the proof to it. */
import { totalOf } from '../../../src/domain/proof/balance-reading';
import type { Posting } from '../../../src/domain/posting';
import type { Proof } from '../../../src/domain/proof/proof';
import { findEnabled } from '../../../src/store/openings';
import { latestProof } from '../../../src/store/proofs';
import { currentSource } from '../../../src/store/sources';
import type { DrivenWorld } from '../worlds/driver-world';
import { enableWorld } from '../worlds/enabled-world';
import { askAboutDisputes } from '../worlds/make-due';
import { workedExample, type Step } from '../worlds/worked-example';
import { CUT_OVER, ROW_COMES_AFTER, workedStory, type Names } from '../worlds/worked-story';
import { tinyLedger } from './tiny-ledger';

/** Minor units by balance and currency, without those at zero. */
type Balances = Readonly<Record<string, bigint>>;

export function settingsOf({ suffix }: Names): Readonly<Record<string, string>> {
  return {
    SYNC_SINCE: new Date(CUT_OVER * 1000).toISOString().slice(0, 10),
    BLNK_SOURCE_BALANCE: `@stripe${suffix}`,
    BLNK_GUEST_BALANCE: `@stripe${suffix}-guest`,
  };
}

/** @param isByItself it begins by its settings alone, and is held to the example once its opening balance is frozen */
export async function playWorkedExample(
  world: DrivenWorld,
  names: Names,
  isByItself = false,
): Promise<void> {
  const steps = workedExample();
  const story = workedStory(world, names);
  expect(story.map(({ what }) => what)).toEqual(steps.map(({ what }) => what));
  for (const [index, { what, happens }] of story.entries()) {
    await happens();
    if (what === 'opening') {
      await sync(world);
      if (!isByItself) {
        await enableWorld(world, { cutOver: CUT_OVER, held: { USD: 125_000n, GBP: 30_000n } });
      }
    }
    if (what === 'card') {
      // The pay-in is booked, and Stripe's balance does not have it yet.
      const proof = await prove(world);
      const { [`@stripe${names.suffix} USD`]: held } = await balancesOf(world, steps, names);
      expect(held).toBe(-136_038n);
      expect(said(proof)['USD']).toEqual(proven(126_038n, 10_000n));
      world.clock.advance(ROW_COMES_AFTER);
    }
    const proof = await prove(world);
    if (await isAwaited(world)) {
      expect({ what, state: proof.state }).toEqual({ what, state: 'waiting' });
      continue;
    }
    const balances = await balancesOf(world, steps, names);
    expect({ what, balances }).toEqual({ what, balances: expected(steps, index, names) });
    expect({ what, proof: said(proof) }).toEqual({ what, proof: expectedProof(steps, index) });
  }
}

/** What the proof of a sync says. */
async function prove(world: DrivenWorld): Promise<Proof> {
  const syncId = await sync(world);
  const stored = await latestProof(world.db, world.instanceId);
  if (stored?.syncId !== syncId) throw new Error(`${syncId} has not said what is proven`);
  return stored.proof;
}

/** Minor units of a currency in a proof. */
interface Said {
  readonly stripe: bigint | null;
  readonly notYet: bigint;
  readonly unexplained: bigint | null;
  readonly state: string;
}

const proven = (stripe: bigint, notYet = 0n): Said => ({
  ...{ stripe, notYet, unexplained: 0n, state: 'proven' },
});

function said({ currencies }: Proof): Readonly<Record<string, Said>> {
  return Object.fromEntries(
    currencies.map(({ currency, stripe, notYet, unexplained, state }) => [
      currency,
      { stripe: stripe && totalOf(stripe), notYet: notYet.amount, unexplained, state },
    ]),
  );
}

/** What is said after a step, of each currency that the ledger has by then. */
function expectedProof(steps: readonly Step[], index: number): Readonly<Record<string, Said>> {
  const { usd, gbp } = steps[index]!.stripe;
  const held = { USD: usd, GBP: gbp, EUR: 0n };
  const known = new Set(postingsOf(steps.slice(0, index + 1)).map(({ currency }) => currency));
  const currencies = CURRENCIES.filter((currency) => known.has(currency));
  return Object.fromEntries(currencies.map((currency) => [currency, proven(held[currency])]));
}

async function isAwaited({ db, instanceId }: DrivenWorld): Promise<boolean> {
  const source = await currentSource(db, instanceId);
  const enabled = source && (await findEnabled(db, source.sourceId));
  return enabled?.awaits !== null;
}

/** @returns its id */
async function sync(world: DrivenWorld): Promise<string> {
  await askAboutDisputes(world.db, world.instanceId);
  const { syncId, row } = await world.driver.sync();
  expect(row).toMatchObject({ status: 'completed', error: null });
  return syncId;
}

/** What the example has in the ledger after a step. */
function expected(steps: readonly Step[], index: number, names: Names): Balances {
  const ledger = tinyLedger();
  for (const posting of postingsOf(steps.slice(0, index + 1))) ledger.post(posting);
  const balances = CURRENCIES.flatMap((currency) =>
    Object.entries(ledger.balancesIn(currency)).map(
      ([name, balance]) => [`${nameIn(name, names)} ${currency}`, balance] as const,
    ),
  );
  return Object.fromEntries(balances);
}

const CURRENCIES = ['USD', 'GBP', 'EUR'] as const;

/** What the ledger says of every balance of the example. */
async function balancesOf(
  { connection }: DrivenWorld,
  steps: readonly Step[],
  names: Names,
): Promise<Balances> {
  const all = postingsOf(steps).flatMap(({ source, destination }) => [source, destination]);
  const asked = [...new Set(all)].map((name) => nameIn(name, names));
  const turnovers = await connection.ledger.turnoversOf(asked, new AbortController().signal);
  const balances = turnovers.map(
    ({ name, currency, debits, credits }) => [`${name} ${currency}`, credits - debits] as const,
  );
  return Object.fromEntries(balances.filter(([, balance]) => balance !== 0n));
}

function postingsOf(steps: readonly Step[]): readonly Posting[] {
  return steps.flatMap(({ postings }) => postings);
}

function nameIn(name: string, { suffix }: Names): string {
  return name.startsWith('@stripe') ? name.replace('@stripe', `@stripe${suffix}`) : name + suffix;
}
