/** What a browser is given besides the page itself. */
export interface PageFiles {
  readonly script: string;
  readonly style: string;
  /** Changes with the others. */
  readonly version: string;
}

/**
 * Where the library runs from its sources, `board-page` is bundled at the first call. The build puts
 * a module of the same name in the place of this one, which has the files in it.
 */
export async function pageFiles(): Promise<PageFiles> {
  const bundler: string = '../../scripts/setup/board-page.mjs';
  const { bundleBoardPage } = (await import(bundler)) as {
    bundleBoardPage: () => Promise<PageFiles>;
  };
  bundled ??= bundleBoardPage();
  return bundled;
}

let bundled: Promise<PageFiles> | undefined;
