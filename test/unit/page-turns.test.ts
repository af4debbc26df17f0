import { MOST_PLACES, takeTurn } from '../../src/engine/posting/page-turns';

/** A page that notes how many places it was told to have. */
function page(address: string) {
  const told: number[] = [];
  return { told, end: takeTurn(address, (places) => told.push(places)) };
}

test('the page that came first has all places, and the next one when the last of it has begun', () => {
  const [first, second, third] = [page('ledger'), page('ledger'), page('ledger')];
  expect([first.told, second.told, third.told]).toEqual([[MOST_PLACES], [4], [4]]);
  first.end();
  expect([second.told.at(-1), third.told.at(-1)]).toEqual([MOST_PLACES, 4]);
  second.end();
  expect(third.told.at(-1)).toBe(MOST_PLACES);
  third.end();
  const later = page('ledger');
  expect(later.told).toEqual([MOST_PLACES]);
  later.end();
});

test('one that ends before its turn has come changes nobody else’s', () => {
  const [first, second, third] = [page('ledger'), page('ledger'), page('ledger')];
  second.end();
  expect(third.told).toEqual([4]);
  first.end();
  expect(third.told.at(-1)).toBe(MOST_PLACES);
  expect(second.told).toEqual([4]);
  third.end();
});

test('each ledger has a line of its own', () => {
  const [one, other] = [page('one'), page('other')];
  expect([one.told, other.told]).toEqual([[MOST_PLACES], [MOST_PLACES]]);
  one.end();
  other.end();
});
