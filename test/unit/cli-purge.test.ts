import { purgeLines } from '../../src/commands/instances-remove';

const TOLD = {
  alert_channels: 'sent message',
  portal_sessions: 'portal visit',
  intents: 'decision',
  install_events: 'Blnk call',
  installs: 'install',
};

test('what a purge deletes is counted in words that have a plural', () => {
  const of = (rows: number) =>
    purgeLines(Object.fromEntries(Object.keys(TOLD).map((table) => [table, rows])));
  expect(of(1)).toEqual(Object.values(TOLD).map((noun) => `1 ${noun}`));
  expect(of(2)).toEqual(Object.values(TOLD).map((noun) => `2 ${noun}s`));
});
