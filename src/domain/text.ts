/** Numbers and times as words, the same wherever a person reads them. */

/** To the second, UTC: 2026-01-31 08:15:00 UTC. */
export function formatTime(time: Date): string {
  return `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** The day of Unix seconds, UTC: 2026-01-31. */
export function dayOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}

/** "1 pay-in", "2 pay-ins", "1,000 pay-ins". */
export function count(number: number, noun: string): string {
  return `${formatNumber(number)} ${noun}${number === 1 ? '' : 's'}`;
}

export function asSentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function formatNumber(number: number): string {
  return number.toLocaleString('en-US');
}

/** What is not printed: control characters but line ends and tabs, and marks that turn the direction of text. */
const UNPRINTED = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/** The colours that our own words have. */
const COLOUR = /^\[(?:1|2|22|3[0-9])m/;

/** For a terminal: text from elsewhere may hold sequences that rewrite the screen or the title. */
export function printable(text: string): string {
  return text.replace(UNPRINTED, (character, at: number) => {
    if (character === '\n' || character === '\t') return character;
    if (character === '\u001b' && COLOUR.test(text.slice(at + 1, at + 6))) return character;
    return '\ufffd';
  });
}

/** As much as one line of a terminal takes: of one that is wrapped, its last part alone could be rewritten. */
export function fitting(text: string, columns = 0): string {
  return columns < 2 || text.length < columns ? text : `${text.slice(0, columns - 2)}…`;
}

/** Where the text of a line begins: behind its indent, or behind the labels at its left. */
const LABELS = /^.{0,31} {2,}(?=\S)/;

/** For a terminal of so many columns: what is wider goes on below where its text began, broken between words. */
export function folded(text: string, columns = 0): string {
  if (columns < 40) return text;
  return text
    .split('\n')
    .flatMap((line) => foldedLine(line, columns))
    .join('\n');
}

function foldedLine(line: string, columns: number): string[] {
  const indent = Math.min(LABELS.exec(line)?.[0].length ?? 0, Math.floor(columns / 2));
  const lines: string[] = [];
  let rest = line;
  while (rest.length > columns) {
    const before = breakOf(rest, columns, indent);
    // A word that is wider than what is left of a line, as a link, is never cut.
    const at = before > indent ? before : rest.indexOf(' ', columns);
    if (at < 0) break;
    lines.push(rest.slice(0, at).trimEnd());
    rest = `${' '.repeat(indent)}${rest.slice(at).trimStart()}`;
  }
  return [...lines, rest];
}

/** The last space that still fits; a command is copied, and so goes on to the next line as a whole. */
function breakOf(line: string, columns: number, indent: number): number {
  const last = line.lastIndexOf(' ', columns);
  const command = line.lastIndexOf(' npm run ', last);
  return command > indent ? command : last;
}

/** Of text from elsewhere: control characters, halves of characters and white space are one space each. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}\p{Z}\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim();
}
