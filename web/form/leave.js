/* The neutral page: a times table, and a small arrow for the interviewer, to the page that shows the
 * help-line card and how the interview ended. */
const table = document.querySelector('table');
for (let row = 1; row <= 10; row++) {
  const tr = table.insertRow();
  for (let column = 1; column <= 10; column++) {
    const head = row === 1 || column === 1;
    const cell = document.createElement(head ? 'th' : 'td');
    if (head) cell.scope = row === 1 ? 'col' : 'row';
    cell.textContent = String(row * column);
    tr.append(cell);
  }
}
const open = indexedDB.open('trefoil-form');
open.onsuccess = () => {
  const db = open.result;
  if (!db.objectStoreNames.contains('due')) return;
  const all = db.transaction('due').objectStore('due').getAll();
  all.onsuccess = () => {
    const due = all.result.at(-1);
    if (!due) return;
    const link = document.querySelector('#on');
    link.href = due.page;
    link.hidden = false;
  };
};
