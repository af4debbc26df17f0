/**
 * Which installs are held where more ask for an instance than a person can look at. Whoever forges them
 * forges many, so they are taken from him: the real one comes from another address than he does.
 */

export interface HeldInstall {
  readonly installId: string;
  /** Client address of the call; null: not known. */
  readonly receivedFrom: string | null;
}

/** Of an instance at a time: a person has to look at each. */
const MOST_HELD = 10;

/**
 * @param held the oldest first
 * @returns the one that leaves: the oldest of the address that most have come from; undefined: all may stay
 */
export function leavingOf<Held extends HeldInstall>(held: readonly Held[]): Held | undefined {
  if (held.length <= MOST_HELD) return undefined;
  const counts = new Map<string | null, number>();
  for (const { receivedFrom } of held)
    counts.set(receivedFrom, (counts.get(receivedFrom) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return held.find(({ receivedFrom }) => counts.get(receivedFrom) === most);
}
