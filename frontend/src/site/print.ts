/** `<button data-print>` opens the print dialogue. */
export function printByButton(page: Document): void {
  page.addEventListener('click', (event) => {
    if (event.target instanceof Element && event.target.closest('[data-print]')) window.print();
  });
}
