import { leavingOf } from '../../src/domain/held';

/** The oldest first, by the addresses that they came from. */
const held = (...from: readonly (string | null)[]) =>
  from.map((receivedFrom, at) => ({ installId: `instapp_${at}`, receivedFrom }));

test('all stay as long as a person can look at each', () => {
  for (const many of [0, 1, 10]) {
    const all = held(...Array.from({ length: many }, () => 'forger'));
    expect(leavingOf(all)?.installId).toBeUndefined();
  }
});

test('whoever sends many takes the place of his own, and of nobody else', () => {
  const forged = Array.from({ length: 10 }, () => 'forger');
  expect(leavingOf(held('blnk', ...forged))?.installId).toBe('instapp_1');
  expect(leavingOf(held(...forged, 'blnk'))?.installId).toBe('instapp_0');
  expect(leavingOf(held(null, ...forged))?.installId).toBe('instapp_1');
});

test('of as many addresses the oldest leaves', () => {
  const from = Array.from({ length: 11 }, (_, at) => `198.51.100.${at}`);
  expect(leavingOf(held(...from))?.installId).toBe('instapp_0');
});
