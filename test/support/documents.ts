/** What the lists of a document hold: they are wrapped, so nothing is found by its line. */

export interface Item {
  /** In one line. */
  readonly text: string;
  /** Of the items below it. */
  readonly below: readonly string[];
}

/** @param heading of the second level; absent: of the whole document */
export function itemsOf(document: string, heading?: string): readonly Item[] {
  const items: string[][] = [];
  let current: string[] | undefined;
  for (const line of sectionOf(document, heading).split('\n')) {
    const own = /^- (.*)$/.exec(line)?.[1];
    const below = /^ {2}- (.*)$/.exec(line)?.[1];
    const more = /^ +(\S.*)$/.exec(line)?.[1];
    if (own !== undefined) items.push((current = [own]));
    else if (below !== undefined) current?.push(below);
    else if (more !== undefined) current?.push(`${current.pop() ?? ''} ${more}`);
    else current = undefined;
  }
  return items.map(([text = '', ...below]) => ({ text, below }));
}

function sectionOf(document: string, heading: string | undefined): string {
  if (heading === undefined) return document;
  return document.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
}
