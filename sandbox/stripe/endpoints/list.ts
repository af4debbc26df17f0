/** What all lists of the API share: the form of a page, and the cursors that name where it begins. */
import type { Collection, Row } from '../feed';
import type { Params } from '../params';
import { badParameter, missing } from '../refusal';
import type { Call } from './call';

export const PAGE_PARAMS = ['limit', 'starting_after', 'ending_before'] as const;

export function listed({ path }: Call, data: readonly unknown[], hasMore: boolean) {
  return { object: 'list', data, has_more: hasMore, url: path };
}

export function cursors<T extends Row>(
  kind: string,
  params: Params,
  rows: Pick<Collection<T>, 'find'>,
  isKept: (row: T) => boolean = () => true,
): { after: T | undefined; before: T | undefined } {
  const resolve = (param: string) => {
    const id = params.scalars.get(param);
    if (id === undefined) return undefined;
    const row = rows.find(id);
    if (row === undefined || !isKept(row)) throw missing(kind, id, param, 400);
    return row;
  };
  if (params.scalars.has('starting_after') && params.scalars.has('ending_before')) {
    const message = 'You may pass starting_after or ending_before, not both.';
    throw badParameter('ending_before', message);
  }
  return { after: resolve('starting_after'), before: resolve('ending_before') };
}
