import { useState } from 'preact/hooks';

const THEMES = ['auto', 'light', 'dark'] as const;
type Theme = (typeof THEMES)[number];

const KEY = 'lock-board-theme';

/** The page follows the system until somebody chooses. */
export function applyTheme(theme: Theme = chosen()): void {
  document.documentElement.dataset['theme'] = theme;
}

export function ThemeChoice() {
  const [theme, setTheme] = useState(chosen);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!;
  const change = () => {
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // It is not remembered where nothing may be.
    }
    applyTheme(next);
    setTheme(next);
  };
  return (
    <button type="button" class="quiet" id="theme" onClick={change}>
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
        <circle cx="8" cy="8" r="6.2" class="ring" />
        <path d="M8 1.8a6.2 6.2 0 0 1 0 12.4z" class="half" />
      </svg>
      <span class="hidden">Colours: </span>
      {NAMES[theme]}
    </button>
  );
}

const NAMES: Record<Theme, string> = {
  auto: 'Auto',
  light: 'Light',
  dark: 'Dark',
};

function chosen(): Theme {
  try {
    const stored = localStorage.getItem(KEY);
    return THEMES.find((theme) => theme === stored) ?? 'auto';
  } catch {
    return 'auto';
  }
}
