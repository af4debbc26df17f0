/** Moments as Blnk Core keeps them: whole microseconds since 1970, sent and read as RFC 3339. */

const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** null: not RFC 3339. A bare date or an epoch number is refused by Core too. */
export function readMoment(text: string): number | null {
  const match = RFC_3339.exec(text);
  if (match === null) return null;
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '', , zone = ''] =
    match;
  // The platform's parser lets 31 February pass and moves it into March; a ledger must not.
  const daysInMonth = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  if (Number(day) < 1 || Number(day) > daysInMonth || Number(hour) > 23) return null;
  const ms = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${zone}`);
  if (Number.isNaN(ms)) return null;
  return ms * 1000 + Math.round(Number(`0${match[7] ?? ''}`) * 1_000_000);
}

export function writeMoment(micros: number): string {
  const seconds = Math.floor(micros / 1_000_000);
  const fraction = String(micros - seconds * 1_000_000)
    .padStart(6, '0')
    .replace(/0+$/, '');
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19);
  return `${whole}${fraction === '' ? '' : `.${fraction}`}Z`;
}
