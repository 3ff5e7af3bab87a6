import type { Exchange } from './exchange.js';
import { pageFiles } from './page-files.js';

/** Nothing from elsewhere, and nothing inline. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export async function sendPage(exchange: Exchange): Promise<void> {
  const { version } = await pageFiles();
  exchange.send(200, html(folderOf(exchange.url.pathname), version), {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': POLICY,
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  });
}

export async function sendFile(
  exchange: Exchange,
  kind: 'script' | 'style',
): Promise<void> {
  const files = await pageFiles();
  const etag = `"${files.version}"`;
  const named = exchange.url.searchParams.get('v') === files.version;
  const headers = {
    'content-type': `text/${kind === 'script' ? 'javascript' : 'css'}; charset=utf-8`,
    // Behind guards: for the viewer's own cache alone.
    'cache-control': named
      ? 'private, max-age=31536000, immutable'
      : 'private, no-cache',
    etag,
  };
  if (exchange.header('if-none-match') === etag) {
    exchange.send(304, '', headers);
  } else {
    exchange.send(200, files[kind], headers);
  }
}

/**
 * What the page's addresses begin with, relative to the page: right also behind a proxy that serves
 * it under another path.
 */
function folderOf(path: string): string {
  const last = path.slice(path.lastIndexOf('/') + 1);
  return last === ''
    ? './'
    : `./${encodeURIComponent(decodeURIComponent(last))}/`;
}

function html(folder: string, version: string): string {
  return `<!doctype html>
<html lang="en" data-folder="${folder}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Locks</title>
<link rel="icon" href="${folder}icon.svg">
<link rel="stylesheet" href="${folder}board.css?v=${version}">
<script src="${folder}board.js?v=${version}" defer></script>
</head>
<body><noscript>This page needs JavaScript.</noscript></body>
</html>
`;
}
