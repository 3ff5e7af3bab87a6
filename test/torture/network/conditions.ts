/** What bytes meet on their way from one place to another. */
export interface Weather {
  /** They wait until this is over, as those of a network that is cut; nothing is lost. */
  readonly held?: boolean;
  readonly delayMs?: number;
}

/** One disturbance: what it does between two places, if anything. */
export type Effect = (from: string, to: string) => Weather | undefined;

/** All disturbances of the network that are under way. Places are workers and members, by name. */
export class Conditions {
  private readonly effects = new Set<Effect>();
  private readonly listeners = new Set<() => void>();

  /** Begins a disturbance, and returns what ends it. */
  add(effect: Effect): () => void {
    this.effects.add(effect);
    return () => {
      this.effects.delete(effect);
      for (const listener of this.listeners) listener();
    };
  }

  between(from: string, to: string): Required<Weather> {
    let [held, delayMs] = [false, 0];
    for (const effect of this.effects) {
      const weather = effect(from, to);
      held ||= weather?.held ?? false;
      delayMs += weather?.delayMs ?? 0;
    }
    return { held, delayMs };
  }

  /** Calls `listener` whenever a disturbance has ended, until what it returns is called. */
  onBetter(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
}
