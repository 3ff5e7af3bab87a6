import { render } from 'preact';
import { Board } from './board.js';
import { BoardStore } from './board-store.js';
import { openFeed } from './feed.js';
import { applyTheme } from './theme.js';

/** What the addresses of the board begin with. */
const folder = document.documentElement.dataset['folder'] ?? './';
const store = new BoardStore();

applyTheme();
openFeed(`${folder}events`, store);
render(<Board store={store} folder={folder} />, document.body);
