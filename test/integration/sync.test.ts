import { startHarness, type Harness } from '../support/harness';

describe('a first sync', () => {
  let harness: Harness;

  beforeAll(async () => {
    harness = await startHarness({ scenario: 'default' });
  });
  afterAll(() => harness.close());

  it('posts every succeeded pay-in once, and a second one posts nothing', async () => {
    const first = await harness.sync();
    expect(first).toMatchObject({ status: 'completed', recordsFound: 1000, recordsPosted: 1000 });
    const { stripe, blnk } = await harness.totals();
    expect(stripe).toMatchObject({ succeeded: 1000 });
    expect(blnk).toMatchObject({ transactions: 1000 });

    const second = await harness.sync();
    expect(second).toMatchObject({ status: 'completed', recordsFound: 0, recordsPosted: 0 });
    expect(await harness.totals()).toEqual({ stripe, blnk });
  });
});
