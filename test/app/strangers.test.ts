/** Wrong secrets: limited, and in nothing different from addresses that do not exist. */
import { startCloudWorld, newInstanceId, type CloudWorld } from '../support/worlds/cloud-world';

let world: CloudWorld;
beforeAll(async () => {
  world = await startCloudWorld();
});
afterAll(() => world.close());

async function answerOf(path: string, body: string, type: string): Promise<string> {
  const { status, headers, ...response } = await fetch(`${world.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body,
  }).then(async (one) => ({ status: one.status, headers: one.headers, text: await one.text() }));
  const told = [...headers].filter(([name]) => !['date', 'x-request-id'].includes(name));
  return JSON.stringify({ status, told, ...response });
}

test('3,000 wrong secrets from one address are limited, and cannot be told from unknown addresses', async () => {
  const wrong = [
    '/api/callback/wrong',
    `/api/callback/${world.secret}x`,
    `/api/callback/${world.launchSecret}`,
    `/api/portal/${world.secret}`,
    '/api/portal/%00',
  ];
  const unknown = ['/api/unknown/wrong', '/api/callback', '/'];
  const bodies = ['{', '', '{"a":1}', 'x'.repeat(70_000)];
  const answers = new Map<string, Set<string>>([
    ['wrong', new Set()],
    ['unknown', new Set()],
  ]);
  let limited = 0;
  for (let at = 0; at < 3_000; at += 1) {
    const kind = at % 2 === 0 ? 'wrong' : 'unknown';
    const paths = kind === 'wrong' ? wrong : unknown;
    const path = paths[(at >> 1) % paths.length]!;
    const type = at % 3 === 0 ? 'text/plain' : 'application/json';
    const answer = await answerOf(path, bodies[(at >> 1) % 4]!, type);
    answers.get(kind)!.add(answer);
    if (answer.startsWith('{"status":429')) limited += 1;
  }
  expect(answers.get('wrong')).toEqual(answers.get('unknown'));
  expect(answers.get('wrong')!.size).toBe(2);
  expect(limited).toBeGreaterThan(2_500);
  // Whoever has the right one is not kept out by them.
  expect((await world.post(world.install(newInstanceId()))).status).toBe(200);
  const events = world.log.map((line) => (JSON.parse(line) as { msg: string }).msg);
  expect(events.filter((one) => one === 'secret.wrong').length).toBeLessThanOrEqual(limited);
  expect(events).toContain('client.limited');
});
