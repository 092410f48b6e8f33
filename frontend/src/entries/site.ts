/** On every page. */
import 'htmx.org';
import '../elements/copy-text';
import '../elements/large-type';
import '../elements/lms-countdown';
import '../elements/lms-nav-toggle';
import '../elements/lms-poll';
import { openSheetsByButton } from '../elements/lms-sheet';
import { csrfToken } from '../net';
import { guardForms } from '../site/forms';
import { watchNetwork } from '../site/offline';
import { printByButton } from '../site/print';
import { tendToasts } from '../site/toasts';
import { unfoldByLink } from '../site/unfold';

document.documentElement.classList.remove('no-js');
document.addEventListener('htmx:config:request', (event) => {
  const { ctx } = (event as CustomEvent<{ ctx: { request: { headers: Record<string, string> } } }>).detail;
  ctx.request.headers['X-CSRFToken'] = csrfToken();
});
guardForms(document);
openSheetsByButton(document);
tendToasts(document);
watchNetwork(document);
printByButton(document);
unfoldByLink(document, window);
