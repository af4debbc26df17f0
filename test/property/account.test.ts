/**
 * A day and a half of an invented account, polled every 5 minutes by our sync and by the obvious strategies, on
 * the same world over HTTP. The table in docs/decisions/completeness.md is what is measured here.
 */
import { connectDb, type Db } from '../../src/store/db';
import { startWorld, type DrivenWorld } from '../support/worlds/driver-world';
import { testEnvironment } from '../support/environment';
import { readText } from '../support/source-files';
import { inventAccount } from './account-history';
import { bookings, expectConsistent, expectedBookings } from '../support/books/books-of-world';
import { obviousStrategies } from './strategies';

const START = Date.UTC(2026, 2, 10) / 1000;
const LIVE_HOURS = 36;
const EVERY = 5 * 60;
/** Schedules fire at full minutes, and take a moment. */
const DELAY = 3;

interface Figures {
  readonly missed: number;
  readonly invented: number;
  readonly wrong: number;
}

let db: Db;
beforeAll(() => void (db = connectDb(testEnvironment().databaseUrl)));
afterAll(() => db.close());

function compare(truth: ReadonlyMap<string, number>, taken: ReadonlyMap<string, number>): Figures {
  const ids = [...truth.keys()];
  return {
    missed: ids.filter((id) => !taken.has(id)).length,
    invented: [...taken.keys()].filter((id) => !truth.has(id)).length,
    wrong: ids.filter((id) => taken.has(id) && taken.get(id) !== truth.get(id)).length,
  };
}

const amounts = (rows: ReturnType<typeof bookings>) =>
  new Map(rows.map(({ reference, amount }) => [reference, Number(amount)]));

function row(name: string, { missed, invented, wrong }: Figures): string[] {
  return [name, String(missed), String(invented), String(wrong)];
}

async function play(world: DrivenWorld): Promise<string[][]> {
  const { clock, stripe, driver } = world;
  const happenings = inventAccount({ seed: 'account', startAt: START, liveHours: LIVE_HOURS });
  const strategies = obviousStrategies(stripe.url);
  let next = 0;
  // Three polls more, so that whoever catches up can.
  for (let at = START; at <= START + LIVE_HOURS * 3600 + 3 * EVERY; at += EVERY) {
    clock.set(at + DELAY);
    for (; next < happenings.length && happenings[next]!.at <= at + DELAY; next += 1) {
      await happenings[next]!.apply(stripe.world);
    }
    for (const strategy of strategies) await strategy.poll(at + DELAY);
    const { row: sync } = await driver.sync();
    expect(sync).toMatchObject({ status: 'completed', counts: { quarantined: 0 } });
    expectConsistent(sync!);
  }
  expect(next).toBe(happenings.length);

  const truth = amounts(expectedBookings(world));
  const ours = compare(truth, amounts(bookings(world)));
  return [
    ...strategies.map(({ name, taken }) => row(name, compare(truth, taken))),
    row('**this product**', ours),
    ['true pay-ins', String(truth.size)],
  ];
}

/** Cells of the document's table rows. */
function tableOf(file: string): string[][] {
  return readText(file)
    .split('\n')
    .filter((line) => /^\|.*\d \|$/.test(line))
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

test('of an account with debits, captures, bursts and lag nothing is missed, invented or wrong', async () => {
  const world = await startWorld(db, { startAt: START });
  try {
    const rows = await play(world);
    const [count] = rows.splice(-1);
    expect(rows.at(-1)).toEqual(['**this product**', '0', '0', '0']);
    for (const [name, missed] of rows.slice(0, -1)) {
      expect({ name, missed: Number(missed) > 0 }).toEqual({ name, missed: true });
    }
    const document = 'docs/decisions/completeness.md';
    expect(tableOf(document)).toEqual(rows);
    expect(readText(document).replaceAll(/\s+/g, ' ')).toContain(`${count![1]} pay-ins`);
    expect(bookings(world)).toEqual(expectedBookings(world));
  } finally {
    await world.close();
  }
}, 600_000);
