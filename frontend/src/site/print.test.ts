import { expect, test, vi } from 'vitest';
import { printByButton } from './print';

test('only the button prints', () => {
  document.body.innerHTML = '<button data-print><span>Print</span></button><button id="other"></button>';
  const print = vi.fn();
  window.print = print;
  printByButton(document);
  document.querySelector<HTMLElement>('#other')!.click();
  expect(print).not.toHaveBeenCalled();
  document.querySelector<HTMLElement>('span')!.click();
  expect(print).toHaveBeenCalledTimes(1);
});
