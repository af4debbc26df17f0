/** A browser that knows cookies and nothing else, before the portal. */
import type { CloudWorld, InstallIds } from './cloud-world';

export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

export interface Visitor {
  /** name=value, as the browser would send it. */
  readonly cookie: string;
  readonly setCookie: string;
  /** @param page below the instance's own address, as `/runs` */
  readonly get: (page: string, headers?: Record<string, string>) => Promise<Answer>;
  /** Sends a form, with the token of its page unless it is told otherwise. */
  readonly post: (
    page: string,
    form?: Record<string, string>,
    headers?: Record<string, string>,
  ) => Promise<Answer>;
}

export async function request(
  world: CloudWorld,
  path: string,
  init: RequestInit = {},
): Promise<Answer> {
  const response = await fetch(`${world.url}${path}`, { redirect: 'manual', ...init });
  return { status: response.status, text: await response.text(), headers: response.headers };
}

export function pathOf(portalUrl: string): string {
  return new URL(portalUrl).pathname;
}

export async function openPortal(world: CloudWorld, installed: InstallIds): Promise<Visitor> {
  const opened = await request(world, pathOf(await world.launch(installed)));
  const setCookie = opened.headers.get('set-cookie');
  if (opened.status !== 303 || setCookie === null) throw new Error(`opened: ${opened.status}`);
  const cookie = setCookie.split(';')[0]!;
  const home = `/portal/${installed.instance_id}`;
  const get: Visitor['get'] = (page, headers = {}) =>
    request(world, `${home}${page}`, { headers: { cookie, ...headers } });
  return {
    cookie,
    setCookie,
    get,
    async post(page, form = {}, headers = {}) {
      const token = /name="token" value="([^"]+)"/.exec((await get('/schedule')).text)?.[1] ?? '';
      return request(world, `${home}${page}`, {
        method: 'POST',
        headers: { cookie, origin: 'https://app.example.com', ...headers },
        body: new URLSearchParams({ token, ...form }),
      });
    },
  };
}
