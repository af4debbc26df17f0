/** Anything that a server may answer: a status, headers, and a body that is JSON, half of it, or none. */
import type { ServerResponse } from 'node:http';
import fc from 'fast-check';
import type { Step } from '../support/proxies/scripted-server';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Share of the body that is sent before the connection ends; 1: all of it. */
  readonly sent: number;
}

const headers = fc.dictionary(
  fc.constantFrom(
    'Content-Type',
    'Content-Encoding',
    'Location',
    'Retry-After',
    'Request-Id',
    'Date',
  ),
  fc.oneof(
    fc.constantFrom(
      'application/json',
      'text/html',
      'gzip',
      'br',
      '/elsewhere',
      '7',
      '-1',
      'never',
    ),
    fc.stringMatching(/^[ -~]{0,20}$/),
  ),
  { maxKeys: 2 },
);

const noise = fc.oneof(
  fc.json(),
  fc.string(),
  fc.constantFrom(
    '',
    'null',
    '[]',
    '{}',
    '<html><h1>502</h1></html>',
    '"APPLIED"',
    'NaN',
    '\uFEFF{}',
  ),
);

/** A value, or anything else in its place. */
export const orElse = (usual: fc.Arbitrary<unknown>) =>
  fc.oneof(
    { weight: 6, arbitrary: usual },
    { weight: 1, arbitrary: fc.oneof(fc.jsonValue(), fc.constant(undefined)) },
  );

/** Answers like these, and all others. */
export function answerLike(statuses: readonly number[], json: fc.Arbitrary<unknown>) {
  return fc.record<Answer>({
    status: fc.oneof(
      { weight: 3, arbitrary: fc.constantFrom(...statuses) },
      { weight: 1, arbitrary: fc.integer({ min: 200, max: 599 }) },
    ),
    headers: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, { weight: 1, arbitrary: headers }),
    body: fc.oneof(
      { weight: 4, arbitrary: json.map((value) => JSON.stringify([value]).slice(1, -1)) },
      { weight: 1, arbitrary: noise },
    ),
    sent: fc.oneof(
      { weight: 9, arbitrary: fc.constant(1) },
      { weight: 1, arbitrary: fc.constant(0.5) },
    ),
  });
}

export function asStep({ status, headers: given, body, sent }: Answer): Step {
  return (response: ServerResponse) => {
    const whole = Buffer.from(body);
    for (const [name, value] of Object.entries(given)) response.setHeader(name, value);
    response.writeHead(status, sent < 1 ? { 'Content-Length': String(whole.length + 1) } : {});
    if (sent === 1) response.end(whole);
    else response.write(whole.subarray(0, whole.length * sent), () => response.destroy());
  };
}
