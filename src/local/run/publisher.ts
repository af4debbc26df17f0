/** How other programs find this `npm start`, and which of its parts is down just now. */
import type { RunningFacts, StateFolder } from '../state/state-folder';
import type { Screen } from './screen';

export interface Publisher {
  publish(facts: RunningFacts): void;
  /** A part has stopped, or runs again. */
  note(name: string, isDown: boolean): void;
}

export function createPublisher({
  screen,
  state,
}: {
  readonly screen: Pick<Screen, 'trouble'>;
  readonly state: Pick<StateFolder, 'publish' | 'path'>;
}): Publisher {
  const down = new Set<string>();
  let facts: RunningFacts | undefined;
  let told = false;
  const write = () => {
    if (facts) state.publish({ ...facts, down: [...down] });
  };
  return {
    publish(now: RunningFacts) {
      facts = now;
      write();
    },
    note(name: string, isDown: boolean) {
      if (isDown) down.add(name);
      else down.delete(name);
      try {
        write();
        told = false;
      } catch {
        // A disk that is full stops parts again and again.
        if (!told) screen.trouble(`${state.path} cannot be written`);
        told = true;
      }
    },
  };
}
