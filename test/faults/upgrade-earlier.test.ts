/** What earlier versions have left open is taken up by this one, as what the last one leaves: faults/upgrade. */
import { latestLeftOpen, openSyncs } from '../support/databases/kept-versions';
import { isTakenUp } from '../support/worlds/left-open';

const latest = new Set(latestLeftOpen().map(({ name }) => name));
const earlier = openSyncs().filter(({ name }) => !latest.has(name));

it('knows what the versions before the last one have left open', () => {
  expect(earlier.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['47593cf', '8f79a17', '7cbf2f9', '6999427']),
  );
});

describe.each(earlier)('the first sync that $name has left open', (left) => {
  isTakenUp(left);
});
