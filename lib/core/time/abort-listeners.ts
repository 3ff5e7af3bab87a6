interface Fan {
  readonly listeners: Set<() => void>;
  readonly fire: () => void;
}

const fans = new WeakMap<AbortSignal, Fan>();

/**
 * Calls `listener` when the signal aborts. However many wait on one signal, it has one listener of
 * ours: Node takes more than ten for a leak, and says so.
 */
export function onAbort(signal: AbortSignal, listener: () => void): () => void {
  if (!(signal instanceof EventTarget)) return listenAlone(signal, listener);
  const fan = fans.get(signal) ?? listenTo(signal);
  fan.listeners.add(listener);
  return () => {
    if (!fan.listeners.delete(listener) || fan.listeners.size > 0) return;
    signal.removeEventListener('abort', fan.fire);
    fans.delete(signal);
  };
}

function listenTo(signal: AbortSignal): Fan {
  const listeners = new Set<() => void>();
  const fire = () => {
    for (const listener of [...listeners]) listener();
  };
  const fan = { listeners, fire };
  fans.set(signal, fan);
  signal.addEventListener('abort', fire);
  return fan;
}

/** Signals that are none of Node's do not warn. */
function listenAlone(signal: AbortSignal, listener: () => void): () => void {
  signal.addEventListener('abort', listener);
  return () => signal.removeEventListener('abort', listener);
}
