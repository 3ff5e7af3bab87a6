import { useEffect, useRef } from 'preact/hooks';

export interface SearchProps {
  readonly search: string;
  readonly setSearch: (search: string) => void;
  readonly contendedOnly: boolean;
  readonly setContendedOnly: (only: boolean) => void;
  readonly shown: number;
  readonly all: number;
}

/** What is to be shown. The key `/` leads here from everywhere. */
export function Search(props: SearchProps) {
  const { search, setSearch, contendedOnly, setContendedOnly } = props;
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== '/' || event.ctrlKey || event.metaKey) return;
      if (event.target instanceof HTMLInputElement) return;
      if (document.querySelector('dialog[open]') !== null) return;
      event.preventDefault();
      input.current?.focus();
    };
    document.addEventListener('keydown', onKeyDown);
    return () => document.removeEventListener('keydown', onKeyDown);
  }, []);
  return (
    <search class="search">
      <label>
        <span class="hidden">Search keys, hosts and instances</span>
        <input
          ref={input}
          id="search"
          type="search"
          placeholder="Search keys, hosts, instances"
          value={search}
          aria-keyshortcuts="/"
          onInput={(event) => setSearch(event.currentTarget.value)}
        />
        <kbd aria-hidden="true">/</kbd>
      </label>
      <label class="check">
        <input
          type="checkbox"
          id="contended"
          checked={contendedOnly}
          onChange={(event) => setContendedOnly(event.currentTarget.checked)}
        />
        <span>Waited for only</span>
      </label>
      <output class="faint" id="shown">
        {search === '' && !contendedOnly
          ? locks(props.all)
          : `${props.shown.toLocaleString('en')} of ${locks(props.all)}`}
      </output>
    </search>
  );
}

function locks(count: number): string {
  return count === 1 ? '1 lock' : `${count.toLocaleString('en')} locks`;
}
