/** Numbers and times as words, the same wherever a person reads them. */

/** To the second, UTC: 2026-01-31 08:15:00 UTC. */
export function formatTime(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** "1 pay-in", "2 pay-ins", "1,000 pay-ins". */
export function count(number: number, noun: string): string {
  return `${formatNumber(number)} ${noun}${number === 1 ? '' : 's'}`;
}

export function formatNumber(number: number): string {
  return number.toLocaleString('en-US');
}
