/** Plays the worked example at the stand-ins, a sync after each of its steps, and holds every balance to it. */
import type { Posting } from '../../../src/domain/posting';
import { findEnabled } from '../../../src/store/openings';
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
    await sync(world);
    if (await isAwaited(world)) continue;
    if (what === 'card') {
      // The pay-in is booked, and Stripe's balance does not have it yet.
      const { [`@stripe${names.suffix} USD`]: held } = await balancesOf(world, steps, names);
      expect(held).toBe(-136_038n);
      world.clock.advance(ROW_COMES_AFTER);
      await sync(world);
    }
    const balances = await balancesOf(world, steps, names);
    expect({ what, balances }).toEqual({ what, balances: expected(steps, index, names) });
  }
}

async function isAwaited({ db, instanceId }: DrivenWorld): Promise<boolean> {
  const source = await currentSource(db, instanceId);
  const enabled = source && (await findEnabled(db, source.sourceId));
  return enabled?.awaits !== null;
}

async function sync(world: DrivenWorld): Promise<void> {
  await askAboutDisputes(world.db, world.instanceId);
  const { row } = await world.driver.sync();
  expect(row).toMatchObject({ status: 'completed', error: null });
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

const CURRENCIES = ['USD', 'GBP', 'EUR'];

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
