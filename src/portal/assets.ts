/** The portal's own stylesheet, script and icon: the only things that its pages load. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** In src as in dist. */
const FOLDER = join(__dirname, 'assets');

const TYPES = {
  'portal.css': 'text/css; charset=utf-8',
  'portal.js': 'text/javascript; charset=utf-8',
  'icon.svg': 'image/svg+xml',
} as const;

export type AssetName = keyof typeof TYPES;

export interface Asset {
  readonly type: string;
  readonly content: Buffer;
  /** Changes with the content, so that browsers may keep it for good. */
  readonly version: string;
}

export const ASSETS: Readonly<Record<AssetName, Asset>> = {
  'portal.css': load('portal.css'),
  'portal.js': load('portal.js'),
  'icon.svg': load('icon.svg'),
};

export function isAssetName(name: string): name is AssetName {
  return Object.hasOwn(TYPES, name);
}

function load(name: AssetName): Asset {
  const content = readFileSync(join(FOLDER, name));
  const version = createHash('sha256').update(content).digest('hex').slice(0, 12);
  return { type: TYPES[name], content, version };
}
