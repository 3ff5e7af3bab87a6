import type { Exchange } from './exchange.js';

const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#1f5fd0"/><path d="M11 15v-3.5a5 5 0 0 1 10 0V15" fill="none" stroke="#fff" stroke-width="2.6"/><rect x="8.5" y="14.5" width="15" height="10.5" rx="2.6" fill="#fff"/><circle cx="16" cy="19.7" r="1.9" fill="#1f5fd0"/></svg>`;

export function sendIcon(exchange: Exchange): void {
  exchange.send(200, ICON, {
    'content-type': 'image/svg+xml',
    'cache-control': 'private, max-age=86400',
  });
}
