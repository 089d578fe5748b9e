// What helps to read a page: definitions at hand, progress, keys, print. Runs on every page.

import { showDefinitions } from "./definitions.js";
import { turnPagesByKey } from "./keys.js";
import { preparePrint } from "./print.js";
import { showProgressPage } from "./progress_page.js";
import { showReadButton } from "./read_button.js";
import { markSidebar } from "./sidebar.js";
import { openStore } from "./store.js";
import { speaker } from "./words.js";

const t = speaker(document.documentElement.lang);
const store = openStore();
showDefinitions();
turnPagesByKey(store);
preparePrint();
markSidebar(store, t);
showReadButton(store, t);
showProgressPage(store, t);
