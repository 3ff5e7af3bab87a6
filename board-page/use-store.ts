import { useEffect, useState } from 'preact/hooks';
import type { BoardStore } from './board-store.js';

/** Draws again when the store has news, and each second, at most once in a frame. */
export function useStore(store: BoardStore): void {
  const [, setDrawn] = useState(0);
  useEffect(() => {
    let frame = 0;
    const unsubscribe = store.subscribe(() => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => setDrawn((times) => times + 1));
    });
    const timer = setInterval(() => store.tick(), 1_000);
    return () => {
      unsubscribe();
      clearInterval(timer);
      cancelAnimationFrame(frame);
    };
  }, [store]);
}
