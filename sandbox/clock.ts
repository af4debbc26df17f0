/**
 * Virtual time of a stand-in, in whole seconds: the wall clock plus an offset that tests and
 * `POST /sandbox/clock` move, so that 30 days pass in an instant.
 */
import { z } from 'zod';
import { jsonBody } from './json';
import type { Handler } from './exchange';

export interface Clock {
  nowSeconds(): number;
  /** The same with the fraction of the time underneath. */
  nowMs(): number;
  advance(seconds: number): void;
  set(seconds: number): void;
  /** Virtual minus wall time: what a restart must keep so that time does not jump back. */
  offsetSeconds(): number;
  setOffset(seconds: number): void;
}

export interface ClockOptions {
  /** Where virtual time begins, in seconds; default: now. */
  readonly startAt?: number;
  /** The time underneath, in milliseconds; a constant makes a clock that moves only when told. */
  readonly wallMs?: () => number;
}

export function createClock(options: ClockOptions = {}): Clock {
  const wallMs = options.wallMs ?? Date.now;
  const wallSeconds = () => Math.floor(wallMs() / 1000);
  let offset = options.startAt === undefined ? 0 : options.startAt - wallSeconds();
  return {
    nowSeconds: () => wallSeconds() + offset,
    nowMs: () => wallMs() + offset * 1000,
    advance: (seconds) => void (offset += whole(seconds)),
    set: (seconds) => void (offset = whole(seconds) - wallSeconds()),
    offsetSeconds: () => offset,
    setOffset: (seconds) => void (offset = whole(seconds)),
  };
}

function whole(seconds: number): number {
  if (!Number.isSafeInteger(seconds)) throw new Error('A clock moves by whole seconds.');
  return seconds;
}

const move = z.union([
  z.strictObject({ advance: z.int() }),
  z.strictObject({ set: z.int().nonnegative() }),
]);

/** `GET /sandbox/clock` and `POST /sandbox/clock` with `{advance}` or `{set}`; `onMove` may store it. */
export function clockControl(
  clock: Clock,
  onMove: (offsetSeconds: number) => Promise<void> = () => Promise.resolve(),
): Record<string, Handler> {
  const show = () => ({
    status: 200,
    json: { now: clock.nowSeconds(), offset: clock.offsetSeconds() },
  });
  return {
    'GET /sandbox/clock': show,
    'POST /sandbox/clock': async (request) => {
      const parsed = jsonBody(request, move);
      if (!parsed.ok) return parsed.reply;
      if ('advance' in parsed.value) clock.advance(parsed.value.advance);
      else clock.set(parsed.value.set);
      await onMove(clock.offsetSeconds());
      return show();
    },
  };
}
