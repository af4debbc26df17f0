/** A command that does not reach Temporal says why, where the system knows it. */
import { freePort } from '../../src/local/process/ports';
import { connectTemporal } from '../../src/temporal/connection';
import { testEnvironment } from '../support/environment';

const failure = (address: string) =>
  connectTemporal({ address, namespace: 'default', local: true }).then(
    () => undefined,
    (error: unknown) => error,
  );

it.each([
  ['a port that nobody listens on', async () => `127.0.0.1:${await freePort(0)}`, 'ECONNREFUSED'],
  ['a name that nobody knows', () => Promise.resolve('temporal.invalid:7233'), 'ENOTFOUND'],
])('%s is told by its cause', async (_what, address, cause) => {
  const at = await address();
  expect(await failure(at)).toMatchObject({
    code: 'TEMPORAL_UNAVAILABLE',
    details: { address: at, cause },
  });
});

it('one that answers is reached', async () => {
  const { client, close } = await connectTemporal({
    address: testEnvironment().temporalAddress,
    namespace: 'default',
    local: true,
  });
  expect(client.options.namespace).toBe('default');
  await close();
});
