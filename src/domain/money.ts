/**
 * Which decimals Stripe uses for a currency. Our own table, because the usual sources disagree with
 * Stripe's wire format: Intl follows display habits (HUF 0), ISO lists say ISK 0, UGX 0 and MGA 2.
 * A wrong entry here books a payment 10, 100 or 1000 times too large or too small.
 */

/** Amounts are integers of the major unit. */
const ZERO_DECIMALS = 'BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF';

/** Amounts are thousandths of the major unit. */
const THREE_DECIMALS = 'BHD JOD KWD OMR TND';

/** Amounts are hundredths; ISK and UGX are among them on Stripe's wire although ISO gives them none. */
const TWO_DECIMALS = `
  AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD
  CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD
  HKD HNL HRK HTG HUF IDR ILS INR IRR ISK JMD KES KGS KHR KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL
  MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR
  RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD SSP STD STN SVC SYP SZL THB TJS TMT TOP
  TRY TTD TWD TZS UAH UGX USD UYU UZS VES WST XCD XCG YER ZAR ZMW`;

const DECIMALS: ReadonlyMap<string, 0 | 2 | 3> = new Map([
  ...codes(ZERO_DECIMALS).map((code) => [code, 0] as const),
  ...codes(TWO_DECIMALS).map((code) => [code, 2] as const),
  ...codes(THREE_DECIMALS).map((code) => [code, 3] as const),
]);

function codes(list: string): string[] {
  return list.trim().split(/\s+/);
}

/** Decimals of Stripe's minor unit for an upper-case currency code; undefined = never guess. */
export function decimalsOf(currency: string): 0 | 2 | 3 | undefined {
  return DECIMALS.get(currency);
}

/** Blnk's `precision` for a currency: 10 to the power of Stripe's decimals. */
export function precisionOf(currency: string): 1 | 100 | 1000 | undefined {
  switch (decimalsOf(currency)) {
    case 0:
      return 1;
    case 2:
      return 100;
    case 3:
      return 1000;
    case undefined:
      return undefined;
  }
}

/** Minor units as a decimal string of the major unit: (123456n, 'USD') -> '1,234.56'. */
export function formatAmount(minor: bigint, currency: string): string {
  const decimals = decimalsOf(currency) ?? 0;
  const digits = (minor < 0n ? -minor : minor).toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, ',');
  const fraction = decimals === 0 ? '' : `.${digits.slice(-decimals)}`;
  return `${minor < 0n ? '-' : ''}${whole}${fraction}`;
}

/** Sums minor units held as decimal strings, as the reports do; bigint, so totals may pass 2^53. */
export function addDecimalStrings(a: string, b: string): string {
  return (BigInt(a) + BigInt(b)).toString();
}
