import type { WorkerPort } from '../../support/worker-port.js';
import type { RegisterCall, RegisterReply } from './worker-settings.js';

export interface RegisterLink {
  call(
    register: string,
    action: RegisterCall['action'],
  ): Promise<RegisterReply>;
}

export function registerLink(port: WorkerPort): RegisterLink {
  let calls = 0;
  return {
    call(register, action) {
      const call = (calls += 1);
      const message: RegisterCall = { call, register, action };
      port.send({ type: 'register', ...message });
      return port.next<RegisterReply>(`register ${call}`);
    },
  };
}
