/** What a proof has found wrong: accepted, planned for, and told by `reconcile`. */
import { SANDBOX_BLNK_KEY } from '../../sandbox/blnk/keys';
import * as reconcile from '../../src/commands/reconcile';
import { toReport, type Report } from '../../src/domain/report';
import { listSyncs } from '../../src/store/syncs';
import type { CurrencyFacts } from '../../src/domain/proof/proof';
import type { ProofItem } from '../../src/domain/proof/proof-items';
import { accept } from '../../src/store/acceptances';
import { findLeg } from '../../src/store/legs';
import { anItem } from '../support/books/a-currency';
import {
  aSettledStore,
  begin,
  rowsOf,
  settle,
  settled,
  stage,
} from '../support/databases/settled-store';
import { repairStory } from '../support/worlds/repair-story';

const story = repairStory();
const { command, named, acceptances, broken, foreign, rowsOfLedger, metadataOf } = story;

describe('accepting', () => {
  test('is kept with who and why, here and in the ledger', async () => {
    const { id, item } = await foreign();
    await broken([item]);
    const said = await command(
      'reconcile',
      'accept',
      item.reference,
      '--note',
      'till',
      '--by',
      'ada',
      '--json',
    );
    expect(said).toMatchObject({
      code: 0,
      json: { accepted: [id], by: 'ada', note: 'till', inLedger: true },
    });
    expect(await acceptances()).toMatchObject([
      { reference: item.reference, currency: 'USD', amount: 1_234n, by: 'ada', note: 'till' },
    ]);
    expect(metadataOf(item.reference)).toMatchObject({
      ...{ stripe_sync_accepted: 'yes', stripe_sync_accepted_by: 'ada' },
      stripe_sync_accepted_note: 'till',
    });
  });

  test('is taken back, also in the ledger', async () => {
    const { item } = await foreign();
    await broken([item]);
    await command('reconcile', 'accept', item.reference, '--note', 'till');
    const { text } = await command('reconcile', 'accept', item.reference, '--undo');
    expect(text).toContain(`Taken back: ${item.reference} (1 posting)`);
    expect(await acceptances()).toEqual([]);
    expect(metadataOf(item.reference)).toMatchObject({
      stripe_sync_accepted: 'taken back',
    });
    const again = command('reconcile', 'accept', item.reference, '--undo');
    await expect(again).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('goes by Blnk’s id as well', async () => {
    const { id, item } = await foreign();
    await broken([anItem('foreign', named('another'), 5n), item]);
    const { json } = await command('reconcile', 'accept', id, '--note', 'till', '--json');
    expect(json).toMatchObject({ reference: item.reference, accepted: [id] });
    expect(await acceptances()).toMatchObject([{ reference: item.reference }]);
  });

  test('of another posting under an accepted reference takes the place of that one', async () => {
    const { item } = await foreign();
    const before = { ...anItem('accepted_gone', item.reference, 5n), id: 'x', bookedAt: null };
    await accept(story.world.db, story.store, [before], { by: 'ada', note: 'before' });
    await broken([item, anItem('accepted_gone', item.reference, 5n)]);
    expect((await command('repair', '--plan')).text).toContain('reconcile accept --undo');
    await command('reconcile', 'accept', item.reference, '--note', 'till');
    expect(await acceptances()).toMatchObject([{ amount: 1_234n, note: 'till' }]);
    expect((await command('repair', '--plan')).text).toContain('What it names was decided since.');
  });

  test('goes through where the key may not write the note into the ledger, and says so', async () => {
    const { item } = await foreign();
    await broken([item]);
    const own = story.world.blnk.keys.core.get(SANDBOX_BLNK_KEY)!;
    const scopes = ['transactions:write', 'balances:read'];
    story.world.blnk.keys.core.set(SANDBOX_BLNK_KEY, { id: 'lesser', scopes });
    const accepted = command('reconcile', 'accept', item.reference, '--note', 'till');
    const { text, code } = await accepted.finally(() =>
      story.world.blnk.keys.core.set(SANDBOX_BLNK_KEY, own),
    );
    expect(code).toBe(0);
    expect(text).toContain('The note is in our database alone');
    expect(await acceptances()).toHaveLength(1);
  });

  test('is refused of what the last proof does not name as somebody else’s, and without a note', async () => {
    const { item } = await foreign();
    await broken([anItem('missing_in_ledger', 'txn_0', 5n), item]);
    for (const reference of ['txn_0', 'nobody', item.reference + 'x']) {
      const asked = command('reconcile', 'accept', reference, '--note', 'till');
      await expect(asked).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    await expect(command('reconcile', 'accept', item.reference)).rejects.toMatchObject({
      code: 'USAGE',
    });
    await broken([anItem('foreign', named('gone'), 5n)]);
    await expect(command('reconcile', 'accept', named('gone'), '--note', 'till')).rejects.toThrow(
      /not in the ledger any more/,
    );
    expect(await acceptances()).toEqual([]);
  });
});

describe('what the last proof has named as somebody else’s', () => {
  const there = (item: ProofItem) => rowsOfLedger(item.reference);

  test('and stands there with another amount now is neither accepted nor taken back', async () => {
    const { item } = await foreign();
    await broken([
      { ...item, amount: 777n },
      { ...item, currency: 'EUR' },
    ]);
    const accepted = command('reconcile', 'accept', item.reference, '--note', 'till');
    await expect(accepted).rejects.toThrow(/not in the ledger any more/);
    const reversed = command(
      ...['repair', '--apply', '--yes', '--reverse', item.reference, '--note', 'twice'],
    );
    await expect(reversed).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(there(item)).toHaveLength(1);
    expect(rowsOfLedger(`${item.reference}.reversed`)).toEqual([]);
    expect(await acceptances()).toEqual([]);
  });

  test('and is a movement of ours by now needs nothing, and is never taken back', async () => {
    const sync = await begin(story.store);
    const { pageId } = await stage(
      sync,
      rowsOf(1).map((bt) => settled(bt)),
    );
    await settle(sync, pageId);
    const { reference } = (await findLeg(story.world.db, story.store, 'txn_0'))!;
    const { item } = await foreign(reference);
    await broken([item]);
    for (const args of [['--plan'], ['--apply', '--yes']]) {
      expect((await command('repair', ...args)).text).toContain('What it names was decided since.');
    }
    for (const args of [
      ['repair', '--apply', '--yes', '--reverse', reference, '--note', 'twice'],
      ['reconcile', 'accept', reference, '--note', 'till'],
    ]) {
      await expect(command(...args)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    }
    expect(rowsOfLedger(`${reference}.reversed`)).toEqual([]);
    expect(await acceptances()).toEqual([]);
  });
});

describe('a plan', () => {
  test('says of each what it needs, and changes nothing', async () => {
    await broken([
      anItem('missing_in_ledger', 'txn_0', -100n),
      { ...anItem('foreign', 'by hand', 1_234n), at: 1_700_000_000, transactionId: 'blnk_1' },
      anItem('other_in_ledger', 'pi_1', 5n, 6n),
      anItem('set_aside', 'txn_2', 0n),
    ]);
    const [text, json] = [await command('repair'), await command('repair', '--plan', '--json')];
    expect(text).toMatchObject({ code: 0 });
    expect(text.text).toContain('  gone from the ledger: txn_0 -1.00 USD\n    staged again');
    expect(text.text).toContain(
      'another amount in the ledger: pi_1 0.05, there 0.06 USD\n    a person',
    );
    expect(text.text).not.toContain('txn_2');
    expect(json.json).toMatchObject({
      proofState: 'broken',
      repairs: [
        { kind: 'missing_in_ledger', remedy: 'post_again' },
        {
          ...{ reference: 'by hand', remedy: 'decide', currency: 'USD' },
          ...{ at: '2023-11-14T22:13:20.000Z', transactionId: 'blnk_1' },
        },
        { theirs: '6', remedy: 'person' },
      ],
    });
  });

  test.each<[string, Parameters<typeof anItem>[0][], string]>([
    [
      'some of it a command can do',
      ['foreign', 'missing_in_ledger'],
      'repair --apply, and proven by',
    ],
    ['a person has to decide', ['foreign', 'not_booked'], 'Once it is decided, prove it:'],
    ['a sync does all of it', ['not_booked'], 'A sync does it, and proves it:'],
  ])('where %s, ends with what comes next', async (_what, kinds, next) => {
    await broken(kinds.map((kind, at) => anItem(kind, `txn_${at}`, 5n)));
    const { text } = await command('repair');
    expect(text.split('\n').at(-2)).toContain(next);
    expect(text).toMatch(/npm run cli -- reconcile\n$/);
  });

  test('of many that are gone names what a sync does about those that are not named', async () => {
    await broken([anItem('missing_in_ledger', '5 more', -100n)]);
    const { json } = await command('repair', '--json');
    expect(json).toMatchObject({ repairs: [{ reference: '5 more', remedy: 'sync' }] });
    const { text, code } = await command('repair', '--apply', '--yes');
    expect([code, text]).toEqual([0, expect.not.stringContaining('post 5 more')]);
  });

  test('of a proof that is sound is empty, and without a proof there is none', async () => {
    await expect(command('repair')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await broken([]);
    expect((await command('repair', '--plan')).text).toContain(
      'is proven. Nothing is to be repaired.',
    );
    expect(await command('repair', '--apply')).toMatchObject({
      ...{ code: 0, text: expect.stringContaining('Nothing is to be repaired.') as string },
    });
  });

  test('of its options no two contradict each other', async () => {
    await broken([]);
    await expect(command('repair', '--plan', '--apply')).rejects.toMatchObject({ code: 'USAGE' });
    await expect(command('repair', '--reverse', 'x')).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('reconcile', () => {
  const outcome = async (status: Report['status']) => {
    const [row] = await listSyncs(story.world.db, story.store.instanceId, 1);
    const report = { ...toReport(row!, null), status };
    return reconcile.outcomeOf(
      { db: () => story.world.db, instanceId: () => story.store.instanceId } as never,
      report,
    );
  };

  test.each<[string, Partial<CurrencyFacts>, number]>([
    ['proven', {}, 0],
    ['broken', { items: [anItem('foreign', 'by hand', 5n)] }, 5],
    ['waiting', { staged: 1 }, 1],
  ])('ends by its proof, which is %s', async (state, facts, exitCode) => {
    await broken(facts.items ?? [], facts);
    expect(await outcome('completed')).toMatchObject({ json: { proofState: state }, exitCode });
    // Pay-ins that are set aside are named by the proof, and no fault of it.
    expect(await outcome('completed_with_problems')).toMatchObject({ exitCode });
  });

  test('without a proof is no success', async () => {
    await begin(story.store);
    expect(await outcome('completed')).toMatchObject({
      text: 'This sync has made no proof.',
      exitCode: 1,
    });
    expect(await outcome('failed')).toMatchObject({ exitCode: 1 });
    expect(await outcome('skipped')).toMatchObject({ exitCode: 4 });
  });
});

test('a proof of an instance that is not enabled cannot be asked for', async () => {
  const other = await aSettledStore(story.world.db, 'none');
  await expect(story.world.command(other.instanceId, 'reconcile')).rejects.toThrow(
    /are not carried over/,
  );
});
