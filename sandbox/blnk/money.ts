/** How amounts are written into answers. */

/** The same number in JSON; only amounts above 2^53 pay for the slower way of writing a bigint. */
export function plainNumber(amount: bigint): number | bigint {
  const number = Number(amount);
  return Number.isSafeInteger(number) ? number : amount;
}

export function majorUnits(amount: bigint, precision: number): string {
  const decimals = String(precision).length - 1;
  if (precision !== 10 ** decimals) return String(Number(amount) / precision);
  const digits = amount.toString().padStart(decimals + 1, '0');
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '');
  const whole = digits.slice(0, digits.length - decimals);
  return decimals === 0 || fraction === '' ? whole : `${whole}.${fraction}`;
}
