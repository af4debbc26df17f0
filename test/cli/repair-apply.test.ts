/** `repair --apply`: what it does about what a proof has found wrong, and nothing else. */
import { SANDBOX_BLNK_KEY } from '../../sandbox/blnk/keys';
import type { Row } from '../../sandbox/blnk/rows';
import { formatTime } from '../../src/domain/text';
import { accept } from '../../src/store/acceptances';
import { findLeg } from '../../src/store/legs';
import { anItem } from '../support/books/a-currency';
import { begin, rowsOf, settle, settled, stage } from '../support/databases/settled-store';
import { repairStory } from '../support/worlds/repair-story';

const story = repairStory();
const { command, named, acceptances, broken, endSyncs, foreign, rowsOfLedger, metadataOf } = story;

describe('applying', () => {
  test('stages again what is gone, once it is confirmed', async () => {
    const sync = await begin(story.store);
    const { pageId } = await stage(
      sync,
      rowsOf(2).map((bt) => settled(bt)),
    );
    await settle(sync, pageId);
    await broken([anItem('missing_in_ledger', 'txn_0', -100n)]);
    await expect(command('repair', '--apply')).rejects.toThrow(/--yes/);
    expect(await findLeg(story.world.db, story.store, 'txn_0')).toMatchObject({ state: 'posted' });
    const said = await command('repair', '--apply', '--yes', '--json');
    expect(said).toMatchObject({ code: 0, json: { stagedAgain: ['txn_0'], left: [] } });
    expect(await findLeg(story.world.db, story.store, 'txn_0')).toMatchObject({
      state: 'staged',
      syncId: 'none',
    });
    expect(await findLeg(story.world.db, story.store, 'txn_1')).toMatchObject({ state: 'posted' });
  });

  test('stages nothing again that is set aside by now', async () => {
    const sync = await begin(story.store);
    const { pageId } = await stage(
      sync,
      rowsOf(2).map((bt) => settled(bt)),
    );
    await settle(sync, pageId, (id) => id === 'txn_0');
    await broken(['txn_0', 'txn_1'].map((id) => anItem('missing_in_ledger', id, -100n)));
    const { json } = await command('repair', '--apply', '--yes', '--json');
    expect(json).toMatchObject({ stagedAgain: ['txn_1'] });
    expect(await findLeg(story.world.db, story.store, 'txn_0')).toMatchObject({
      state: 'quarantined',
    });
  });

  test('says of a balance that it takes the master key to have it counted again', async () => {
    await foreign();
    await broken([anItem('corrupt_debits', 'bln_1', 5n, 6n)]);
    const own = story.world.blnk.keys.core.get(SANDBOX_BLNK_KEY)!;
    story.world.blnk.keys.core.set(SANDBOX_BLNK_KEY, { id: 'lesser', scopes: ['balances:read'] });
    const asked = command('repair', '--apply', '--yes');
    const { code, text } = await asked.finally(() =>
      story.world.blnk.keys.core.set(SANDBOX_BLNK_KEY, own),
    );
    expect([code, text]).toEqual([
      5,
      expect.stringContaining('bln_1: not counted: this takes the master key'),
    ]);
  });

  test('has a balance counted again that is not the sum of its postings', async () => {
    await foreign(named('first'));
    const { reference } = (await foreign()).item;
    const { ledger } = story.world.blnk;
    const [{ seq, source }] = rowsOfLedger(reference) as [Row];
    const stated = source.debit;
    ledger.forget([seq], true);
    await broken([anItem('corrupt_debits', source.id, stated - 1_234n, stated)]);
    const { json, code } = await command('repair', '--apply', '--yes', '--json');
    expect(json).toMatchObject({ recounted: [{ balanceId: source.id, outcome: 'agrees' }] });
    expect(code).toBe(0);
    expect(source.debit).toBe(stated - 1_234n);
    // Something was posted meanwhile.
    const { text, code: again } = await command('repair', '--apply', '--yes');
    expect([again, text]).toEqual([0, expect.stringContaining('now the sum of its postings')]);
    await foreign(named('meanwhile'));
    const differs = await command('repair', '--apply', '--yes');
    expect([differs.code, differs.text]).toEqual([
      5,
      expect.stringContaining('posted since the proof'),
    ]);
  });

  test('is refused while a sync runs', async () => {
    await broken([anItem('missing_in_ledger', 'txn_0', -100n)]);
    await begin(story.store);
    await expect(command('repair', '--apply', '--yes')).rejects.toMatchObject({
      code: 'SYNC_ALREADY_RUNNING',
    });
    await endSyncs();
  });

  test('leaves to a person what only one can decide', async () => {
    const { item } = await foreign();
    await broken([item, anItem('other_in_ledger', 'pi_1', 5n, 6n)]);
    const { code, text } = await command('repair', '--apply', '--yes');
    expect(code).toBe(5);
    expect(text).toContain('Nothing of it can be repaired by this command.');
    expect(text).toMatch(/Once it is decided, prove it: .* reconcile\n$/);
    expect(await acceptances()).toEqual([]);
  });

  test('and a plan say nothing any more of what a person has decided since the proof', async () => {
    const { item } = await foreign();
    const gone = anItem('accepted_gone', named('gone'), 5n);
    await broken([item, gone]);
    const namedBy = async (...args: string[]) => (await command('repair', ...args)).text;
    await accept(story.world.db, story.store, [{ ...gone, id: 'x', bookedAt: null }], {
      by: 'ada',
      note: '',
    });
    for (const { reference } of [item, gone]) {
      expect(await namedBy('--plan')).toContain(reference);
      expect(await namedBy('--apply', '--yes')).toContain(reference);
    }
    await command('reconcile', 'accept', item.reference, '--note', 'till');
    await command('reconcile', 'accept', gone.reference, '--undo');
    for (const how of [['--plan'], ['--apply', '--yes']]) {
      expect(await namedBy(...how)).toMatch(
        /What it names was decided since\. To prove it: .* reconcile\n$/,
      );
    }
    expect(await command('repair', '--apply', '--yes', '--json')).toMatchObject({
      ...{ code: 0, json: { left: [] } },
    });
  });

  test('takes back a posting of others that is named, and accepts both', async () => {
    const { id, item } = await foreign();
    const other = await foreign(named('other'));
    await broken([{ ...item, transactionId: id }, other.item]);
    const args = [
      'repair',
      '--apply',
      '--reverse',
      item.reference,
      '--note',
      'twice',
      '--by',
      'ada',
      '--yes',
    ];
    const { text, code } = await command(...args);
    const under = `${item.reference}.reversed`;
    const when = formatTime(new Date(item.at! * 1000));
    expect(text).toContain(
      `take back posted by others: ${item.reference} 12.34 USD, ${when}, ${id}: from @till to @stripe, under ${under}\n`,
    );
    expect(text).toContain('Left, for a person:');
    expect(code).toBe(5);
    expect(await acceptances()).toMatchObject([
      { reference: item.reference, amount: 1_234n, note: 'twice' },
      { reference: under, amount: -1_234n, by: 'ada' },
    ]);
    const [reversal] = rowsOfLedger(under);
    expect(reversal).toMatchObject({ status: 'APPLIED', amount: 1_234n });
    expect(metadataOf(under)).toMatchObject({ stripe_sync: { leg: 'reversed', note: 'twice' } });
    for (const reference of [item.reference, under]) {
      expect(metadataOf(reference)).toMatchObject({ stripe_sync_accepted: 'yes' });
    }
    // Run again, after it ended before it knew.
    await story.world.db.query('delete from acceptances where source_id = $1', [
      story.store.sourceId,
    ]);
    await command(...args);
    expect(rowsOfLedger(under)).toHaveLength(1);
    expect(await acceptances()).toHaveLength(2);
  });

  test('leaves nothing where all that is named is taken back', async () => {
    const { item } = await foreign();
    await broken([item]);
    const args = ['--apply', '--yes', '--reverse', item.reference, '--note', 'twice'];
    expect(await command('repair', ...args, '--json')).toMatchObject({
      ...{ code: 0, json: { reversed: [{ reference: item.reference }], left: [] } },
    });
  });

  test('takes back nothing that is not named by the proof, or without a note', async () => {
    const { item } = await foreign();
    await broken([item]);
    const apply = (...more: string[]) =>
      command('repair', '--apply', '--yes', '--reverse', ...more);
    await expect(apply(item.reference)).rejects.toMatchObject({ code: 'USAGE' });
    await expect(apply('nobody', '--note', 'x')).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(rowsOfLedger(`${item.reference}.reversed`)).toEqual([]);
  });
});
