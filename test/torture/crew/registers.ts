import { INITIAL_VALUE } from '../checker/registers.js';
import type { HistoryFile } from '../history/history-file.js';
import type { RegisterCall, RegisterReply } from '../worker/worker-settings.js';

interface Register {
  fence: bigint;
  /** By whether it is fenced. */
  readonly values: Map<boolean, string>;
}

/**
 * What locks are for: values that are read, thought about and written. Of each there is one that
 * takes part, by refusing whoever does not carry the greatest token it has seen, and one that
 * takes whatever comes. They outlive etcd and all workers.
 */
export class Registers {
  private readonly registers = new Map<string, Register>();

  constructor(private readonly history: HistoryFile) {}

  answer({ register: name, action }: RegisterCall): RegisterReply {
    const register = this.named(name);
    switch (action.kind) {
      case 'claim': {
        const accepted = action.token >= register.fence;
        if (accepted) register.fence = action.token;
        return { accepted, value: '' };
      }
      case 'read':
        return { accepted: true, value: register.values.get(action.fenced)! };
      case 'write': {
        const { token, base, value } = action;
        const fenced = token !== undefined;
        const accepted = !fenced || token === register.fence;
        if (accepted) register.values.set(fenced, value);
        this.history.add({
          kind: 'write',
          register: name,
          fenced,
          base,
          value,
          acknowledged: accepted,
        });
        return { accepted, value };
      }
    }
  }

  /**
   * What an operator does after a restore that took tokens back, once nobody from before it is at work
   * any more.
   */
  clearFences(): void {
    for (const register of this.registers.values()) register.fence = 0n;
  }

  private named(name: string): Register {
    let register = this.registers.get(name);
    if (register === undefined) {
      const values = new Map([true, false].map((on) => [on, INITIAL_VALUE]));
      register = { fence: 0n, values };
      this.registers.set(name, register);
    }
    return register;
  }
}
