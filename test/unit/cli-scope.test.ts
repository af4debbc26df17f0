import { paymentIntentId, scopeOf, type SyncOptions } from '../../src/commands/sync';
import { limitOf } from '../../src/commands/syncs';

describe('what a sync is asked to do', () => {
  test('everything new, a range in UTC, or one payment', () => {
    expect(scopeOf({})).toEqual({ kind: 'full' });
    expect(scopeOf({ from: '2026-01-01', to: '2026-01-02T01:00:00+01:00' })).toEqual({
      kind: 'range',
      from: Date.UTC(2026, 0, 1) / 1000,
      to: Date.UTC(2026, 0, 2) / 1000,
    });
    expect(scopeOf({ payment: 'pi_3Abc' })).toEqual({
      kind: 'payment',
      paymentIntentId: 'pi_3Abc',
    });
  });

  test.each<[string, SyncOptions]>([
    ['--to', { from: '2026-01-01' }],
    ['--from', { to: '2026-01-01' }],
    ['--from', { from: 'yesterday', to: '2026-01-01' }],
    ['--to', { from: '2026-01-01', to: '2026-02-30' }],
    ['--to', { from: '2026-01-02', to: '2026-01-02' }],
    ['--payment', { payment: 'pi_1', from: '2026-01-01' }],
    ['payment', { payment: 'ch_1' }],
  ])('a mistake in %s is named: %j', (named, options) => {
    expect(() => scopeOf(options)).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        details: { [named]: expect.any(String) as string },
      }) as Error,
    );
  });

  test.each(['', 'pi_', 'pi_1 or 1=1', 'PI_1', `pi_${'a'.repeat(300)}`, 'pi_1\nx'])(
    'is no payment: %j',
    (text) => {
      expect(() => paymentIntentId(text)).toThrow('PaymentIntent id');
    },
  );

  test.each(['0', '-1', '1.5', 'all', ''])('is no limit: %j', (text) => {
    expect(() => limitOf(text)).toThrow('--limit');
  });
});
