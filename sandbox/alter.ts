/** Answers of a stand-in that arrive whole, and say something wrong. */
import type { Fault } from './faults';
import type { Reply } from './exchange';

type Members = Record<string, unknown>;

/** Headers that every answer gets, as this fault has them. */
export function alterHeaders(
  headers: Record<string, string>,
  fault: Fault | undefined,
): Record<string, string> {
  if (fault?.kind !== 'date') return headers;
  const now = Date.parse(headers['Date'] ?? new Date().toUTCString());
  return { ...headers, Date: new Date(now + fault.ahead * 1000).toUTCString() };
}

/** The answer with the row that the fault describes, if it is a list that has it. */
export function alterReply(reply: Reply, fault: Fault | undefined): Reply {
  if (fault?.kind !== 'row') return reply;
  const list = reply.json as { data?: unknown } | undefined;
  if (!Array.isArray(list?.data)) return reply;
  const { at = 0, json, set = {}, remove = [] } = fault;
  const rows: unknown[] = [...(list.data as unknown[])];
  if (at >= rows.length) return reply;
  const row = structuredClone(json === undefined ? rows[at] : json);
  for (const path of remove)
    atPath(row, path, (members, name) => Reflect.deleteProperty(members, name));
  for (const [path, value] of Object.entries(set)) {
    atPath(row, path, (members, name) => (members[name] = value));
  }
  rows[at] = row;
  return { ...reply, json: { ...list, data: rows } };
}

function atPath(row: unknown, path: string, change: (members: Members, name: string) => unknown) {
  const names = path.split('.');
  const last = names.pop() ?? '';
  const members = names.reduce<unknown>((value, name) => (value as Members | null)?.[name], row);
  if (typeof members === 'object' && members !== null) change(members as Members, last);
}
