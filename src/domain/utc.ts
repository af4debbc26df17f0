/** Times as people write them in settings and options, all of them in UTC. */

/** Unix seconds of YYYY-MM-DD or an RFC 3339 time; a day that the calendar lacks is undefined. */
export function parseUtc(text: string): number | undefined {
  const day = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2})?(Z|[+-]\d{2}:\d{2}))?$/.exec(text);
  if (day?.[1] === undefined) return undefined;
  const midnight = new Date(`${day[1]}T00:00:00Z`);
  // Date rolls 2026-02-30 over into March.
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day[1]))
    return undefined;
  const time = Date.parse(day[2] === undefined ? `${text}T00:00:00Z` : text);
  return Number.isNaN(time) ? undefined : Math.floor(time / 1000);
}
