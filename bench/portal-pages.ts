/** Pages of the portal as a browser asks for them, one after the other, in sessions of their own. */
import { z } from 'zod';

const PAGES = ['', '/runs', '/quarantine', '/stripe', '/schedule', '/permissions'] as const;
/** Of one session; the portal allows 120 a minute. */
const ROUNDS_OF_A_SESSION = 15;

const LAUNCHED = z.object({ portal_url: z.string() });

/**
 * @param serverUrl address of the service, whatever the launch calls it
 * @param dashboardUrl of the stand-in of Blnk, which has the app installed for the instance
 * @returns milliseconds of each page, from the request to the end of the answer; of the first load of each
 *   apart
 */
export async function visitPages(
  { serverUrl, dashboardUrl }: { readonly serverUrl: string; readonly dashboardUrl: string },
  instanceId: string,
  sessions: number,
): Promise<{ readonly first: number[]; readonly times: number[] }> {
  const first: number[] = [];
  const times: number[] = [];
  for (let session = 0; session < sessions; session += 1) {
    const cookie = await open(serverUrl, dashboardUrl);
    const load = async (page: string) => {
      const began = performance.now();
      const answer = await fetch(`${serverUrl}/portal/${instanceId}${page}`, {
        headers: { cookie },
      });
      const text = await answer.text();
      if (answer.status !== 200 || !text.includes(instanceId)) {
        throw new Error(`the page "${page}" was answered with ${answer.status}`);
      }
      return performance.now() - began;
    };
    if (session === 0) for (const page of PAGES) first.push(await load(page));
    for (let round = 0; round < ROUNDS_OF_A_SESSION; round += 1) {
      for (const page of PAGES) times.push(await load(page));
    }
  }
  return { first, times };
}

/** A launch and its link. @returns the cookie */
async function open(serverUrl: string, dashboardUrl: string): Promise<string> {
  const launch = await fetch(`${dashboardUrl}/sandbox/launches`, { method: 'POST', body: '{}' });
  const { portal_url } = LAUNCHED.parse(await launch.json());
  const link = `${serverUrl}${new URL(portal_url).pathname}`;
  const opened = await fetch(link, { redirect: 'manual' });
  const [cookie] = opened.headers.getSetCookie();
  if (cookie === undefined) throw new Error(`the link was answered with ${opened.status}`);
  return cookie.split(';')[0]!;
}
